/// Something that reads bytes of strangers: it may refuse them, but must not crash or hang.
public struct FuzzTarget: Sendable {
  /// What it is called by.
  public let name: String
  /// Makes bytes that it is likely to take; what is tried is made of them.
  let example: @Sendable (inout FuzzSource) -> [UInt8]
  /// Reads bytes; returns whether they were taken.
  let read: @Sendable (UnsafeRawBufferPointer) -> Bool

  /// All of them: both transports' requests, the gateway's, and files.
  public static let all: [FuzzTarget] =
    [wire, json] + requests + bodies + gatewayBodies + texts + files + [snapshot]

  /// What a run has seen.
  public struct Outcome: Sendable {
    /// Inputs that were read.
    public internal(set) var count = 0
    /// Those that were taken.
    public internal(set) var taken = 0
  }

  /// Reads inputs for so long.
  ///
  /// - Parameters:
  ///   - seed: of the random choices; the same ones are made again for it.
  ///   - countMax: ends the run after so many inputs.
  ///   - note: told every input before it is read, so that it is known which one crashed.
  public func run(
    for duration: Duration, seed: UInt64, countMax: Int = .max, note: ([UInt8]) -> Void = { _ in }
  ) -> Outcome {
    var source = FuzzSource(seed: seed)
    var outcome = Outcome()
    let end = ContinuousClock.now + duration
    while outcome.count < countMax, ContinuousClock.now < end {
      var bytes = example(&source)
      for _ in 0..<source.number(below: 4) { source.mutate(&bytes) }
      note(bytes)
      outcome.count += 1
      if reads(bytes) { outcome.taken += 1 }
    }
    return outcome
  }

  /// Whether these bytes are taken.
  public func reads(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { read($0) } }
}

public import Foundation

/// Something that reads bytes of strangers: it may refuse them, but must not crash or hang.
public struct FuzzTarget: Sendable {
  /// What it is called by.
  public let name: String
  /// Makes bytes that it is likely to take; what is tried is made of them.
  let example: @Sendable (inout FuzzSource) -> [UInt8]
  /// Changes bytes that may be of its kind into others that may be: where there is a grammar or a
  /// checksum, changes of single bytes seldom get far.
  let alter: Alter?
  /// Reads bytes; returns whether they were taken.
  let read: @Sendable (UnsafeRawBufferPointer) -> Bool

  typealias Alter = @Sendable (inout [UInt8], inout FuzzSource) -> Void

  init(
    name: String, example: @escaping @Sendable (inout FuzzSource) -> [UInt8], alter: Alter? = nil,
    read: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
  ) {
    self.name = name
    self.example = example
    self.alter = alter
    self.read = read
  }

  /// Targets of one kind, which share the time that there is for it.
  public struct Kind: Sendable {
    /// What it is called by.
    public let name: String
    /// One or many.
    public let targets: [FuzzTarget]
  }

  /// Both transports' requests, the gateway's, files, and what is in a shared store.
  public static let kinds = [
    Kind(name: "parser", targets: [json]), Kind(name: "rest", targets: bodies),
    Kind(name: "filters", targets: [filters]), Kind(name: "formulas", targets: [formulas]),
    Kind(name: "grpc", targets: [wire] + calls + requests),
    Kind(name: "gateway", targets: gatewayBodies + gatewayForms + gatewayTexts),
    Kind(name: "paths", targets: [payloadPath]), Kind(name: "texts", targets: texts),
    Kind(name: "settings", targets: settingsFiles), Kind(name: "words", targets: [wordPieces]),
    Kind(name: "transport", targets: transport),
    Kind(name: "forms", targets: [multipart, formTypes]),
    Kind(name: "store-keys", targets: [keys, keyWords]),
    Kind(name: "indexes", targets: indexFiles), Kind(name: "models", targets: models),
    Kind(name: "logs", targets: [logEntry] + store),
    Kind(name: "snapshots", targets: snapshots), Kind(name: "transfer", targets: transfer),
  ]

  /// Those of all kinds.
  public static let all: [FuzzTarget] = kinds.flatMap(\.targets)

  /// A target of that name, those of that kind, or `all`; none if it is neither.
  public static func named(_ name: String) -> [FuzzTarget] {
    if name == "all" { return all }
    let kind = kinds.first { $0.name == name }
    return kind?.targets ?? all.filter { $0.name == name }
  }

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

  /// Whether these bytes are taken.
  public func reads(_ bytes: UnsafeRawBufferPointer) -> Bool { read(bytes) }

  /// Inputs to begin with; the same ones for a seed.
  public func examples(_ count: Int, seed: UInt64) -> [[UInt8]] {
    var source = FuzzSource(seed: seed)
    return (0..<count).map { _ in example(&source) }
  }

  /// Inputs that are worth reading again, as they reach code that little else does: those in the
  /// file of the target's name in a folder, a text a line, as JSON. None where it has no file.
  ///
  /// - Throws: what says that a line is no such text.
  public func kept(in folder: URL) throws -> [[UInt8]] {
    let file = folder.appending(path: "\(fileName).txt")
    guard FileManager.default.fileExists(atPath: file.path) else { return [] }
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
      Array(try JSONDecoder().decode(String.self, from: Data(line.utf8)).utf8)
    }
  }

  /// What files are called that are its own.
  public var fileName: String { name.replacing("/", with: "-") }

  /// An input made of another as its kind allows; `nil`, half of the times too where it does, if
  /// any change of bytes will do.
  public func altered(_ bytes: [UInt8], seed: UInt64) -> [UInt8]? {
    var source = FuzzSource(seed: seed)
    guard let alter, source.chance(2) else { return nil }
    var altered = bytes
    alter(&altered, &source)
    return altered.isEmpty || altered == bytes ? nil : altered
  }
}

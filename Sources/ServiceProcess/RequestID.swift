import Synchronization

/// What marks everything that is written about one request: given by the caller in
/// `X-Request-Id`, or made here, and passed on to whoever is asked for its sake.
public enum RequestID {
  /// The header it travels in.
  public static let header = "x-request-id"

  /// The request that the current task works for; `nil` outside of requests.
  @TaskLocal public static var current: String?

  /// The header for whoever is asked for the current request's sake, so that both logs can be read
  /// together; empty outside of requests.
  public static var headers: [(String, String)] { current.map { [(header, $0)] } ?? [] }

  /// Bytes of the id that a caller gives its request; a longer one is not taken.
  private static let bytesMax = 128

  /// The id that a caller gave, if it can be written anywhere, or a new one.
  public static func accept(_ given: String?) -> String {
    if let given, (1...bytesMax).contains(given.utf8.count),
      given.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C })
    {
      return given
    }
    let number = numbers.next()
    return String(unsafeUninitializedCapacity: 16) { digits in
      for place in 0..<16 {
        let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * place)) & 15
        digits[place] = digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
      }
      return 16
    }
  }

  private static let numbers = RequestNumbers()
}

/// Numbers that differ from each other and, but for chance, from those of other processes, and
/// that nobody has to be unable to guess: steps of a counter, well mixed (SplitMix64), because the
/// system's own random numbers take a call of the kernel each.
private final class RequestNumbers: Sendable {
  private let counter = Atomic<UInt64>(.random(in: .min ... .max))

  func next() -> UInt64 {
    // Every step is one to one.
    var mixed = counter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

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

  private static let lengthMax = 128

  /// The id that a caller gave, if it can be written anywhere, or a new one.
  public static func accept(_ given: String?) -> String {
    if let given, (1...lengthMax).contains(given.utf8.count),
      given.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C })
    {
      return given
    }
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

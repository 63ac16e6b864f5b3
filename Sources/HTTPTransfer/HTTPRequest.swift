/// One HTTP request with its limits.
public struct HTTPRequest: Sendable {
  /// `GET`, `POST` and so on.
  public var method: String
  /// An absolute `http` or `https` URL.
  public var url: String
  /// Sent in this order, next to what HTTP itself needs.
  public var headers: [(String, String)]
  /// Sent when not empty, and with `POST`, `PUT` and `PATCH` always.
  public var body: [UInt8]
  /// Seconds for the whole exchange, from connecting to the last byte of the response.
  public var timeoutSeconds: Double
  /// Seconds for the connection alone: name look-up, TCP and TLS.
  public var connectTimeoutSeconds: Double
  /// Bytes of the response's body, at most.
  public var maximumResponseBytes: Int

  public init(
    method: String = "GET", url: String, headers: [(String, String)] = [], body: [UInt8] = [],
    timeoutSeconds: Double = 60, connectTimeoutSeconds: Double = 10,
    maximumResponseBytes: Int = 64 << 20
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeoutSeconds = timeoutSeconds
    self.connectTimeoutSeconds = connectTimeoutSeconds
    self.maximumResponseBytes = maximumResponseBytes
  }
}

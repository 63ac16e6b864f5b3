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
  /// What it is signed with, if at all. A signed request with a body needs the headers
  /// `Content-Type` and `X-Amz-Content-Sha256`.
  public var signature: RequestSignature? = nil
  /// Whether a server must never get it twice: libcurl sends a request again whose connection, used
  /// before, ends without an answer, and the first one may have been carried out.
  public var isSentOnce = false
  /// Whether HTTP/2 is spoken from the first byte, also without TLS, as gRPC is.
  public var speaksHTTP2 = false

  /// Bytes of an answer, unless who asks says otherwise.
  public static let answerBytesMax = 64 << 20

  /// A request with the limits that suit most.
  public init(
    method: String = "GET", url: String, headers: [(String, String)] = [], body: [UInt8] = [],
    timeoutSeconds: Double = 60, connectTimeoutSeconds: Double = 10,
    maximumResponseBytes: Int = HTTPRequest.answerBytesMax
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

/// A complete HTTP response.
public struct HTTPResponse: Sendable {
  /// The status code, 200 to 599. Redirects are not followed: a 302 is a response like another.
  public var status: Int
  /// In the order they came. Look values up with `header(_:)`, which ignores case.
  public var headers: [(String, String)]
  /// As sent: not decompressed, not decoded.
  public var body: [UInt8]
  /// What came behind the body.
  public var trailers: [(String, String)] = []

  /// A response of these parts.
  public init(status: Int, headers: [(String, String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The value of the first header of this name, upper and lower case being the same.
  public func header(_ name: String) -> String? {
    let wanted = name.lowercased()
    return headers.first { $0.0.lowercased() == wanted }?.1
  }
}

public import FastJSON

/// A request that a test server received.
public struct TestRequest: Sendable {
  /// `GET`, `POST` and so on.
  public let method: String
  /// The path with its query.
  public let path: String
  /// Names in lower case.
  public let headers: [String: String]
  /// The bytes behind the headers.
  public let body: [UInt8]

  /// The body as JSON; `null` when it is none.
  public var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
}

/// A complete HTTP response.
public struct HTTPResponse: Sendable {
  /// The status code, 200 to 599. Redirects are not followed: a 302 is a response like another.
  public var status: Int
  /// In the order they came. Look values up with `header(_:)`, which ignores case.
  public var headers: [(String, String)]
  /// As sent: not decompressed, not decoded.
  public var body: [UInt8]

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

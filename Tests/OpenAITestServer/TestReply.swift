/// What a test server does about a request.
public enum TestReply: Sendable {
  /// A complete response.
  case respond(status: Int, headers: [(String, String)] = [], body: String)
  /// A response that breaks off after `sent`, although its length promises more.
  case cut(sent: String)
  /// No response at all; the connection stays open.
  case hang
}

/// How a connection answers what it could not read as a request.
package struct RefusalForm: Sendable {
  /// Whether pages of every origin may read the answer.
  let isForEveryPage: Bool
  /// Makes the body, in JSON, that tells why.
  let body: @Sendable (String) -> [UInt8]

  /// Answers whose body is `body` of the reason.
  package init(isForEveryPage: Bool, body: @escaping @Sendable (String) -> [UInt8]) {
    self.isForEveryPage = isForEveryPage
    self.body = body
  }
}

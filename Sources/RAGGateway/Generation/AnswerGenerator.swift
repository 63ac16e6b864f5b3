/// Writes an answer to a question from passages that were found for it.
public protocol AnswerGenerator: Sendable {
  /// An answer from `request.chunks`, of which there is at least one.
  func answer(_ request: AnswerRequest) async throws(GatewayError) -> Answer
}

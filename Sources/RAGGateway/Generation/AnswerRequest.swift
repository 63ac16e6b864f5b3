/// A question with the passages found for it.
public struct AnswerRequest: Sendable {
  /// The question as it was asked.
  public let question: String
  /// The question's vector, by the embedder that found the passages.
  public let questionVector: [Float]
  /// Best first; the position from 1 on is the number a citation gives.
  public let chunks: [RetrievedChunk]

  /// A question with its passages.
  public init(question: String, questionVector: [Float], chunks: [RetrievedChunk]) {
    self.question = question
    self.questionVector = questionVector
    self.chunks = chunks
  }
}

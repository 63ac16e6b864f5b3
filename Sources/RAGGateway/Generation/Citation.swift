/// A reference of a summary to a passage that was retrieved.
public struct Citation: Sendable, Equatable {
  /// The number in the summary, from 1.
  public let number: Int
  /// The passage that is referred to.
  public let chunkID: String
  /// The words taken from the passage; `nil` when the summary does not quote.
  public let quote: String?
  /// Similarity of the quote or, without one, of the passage to the question.
  public let score: Float

  /// A reference.
  public init(number: Int, chunkID: String, quote: String?, score: Float) {
    self.number = number
    self.chunkID = chunkID
    self.quote = quote
    self.score = score
  }
}

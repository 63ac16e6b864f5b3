/// A chunk that a search found.
public struct RetrievedChunk: Sendable, Equatable {
  /// The chunk's own id or, for a chunk without one, its point id.
  public let chunkID: String
  /// The title, empty where there is none.
  public let title: String
  /// The passage.
  public let text: String
  /// Similarity to the question; larger is nearer.
  public let score: Float

  /// A found chunk.
  public init(chunkID: String, title: String, text: String, score: Float) {
    self.chunkID = chunkID
    self.title = title
    self.text = text
    self.score = score
  }
}

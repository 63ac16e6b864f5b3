/// Answers questions from what is stored.
public struct InsightService: Sendable {
  private let embedder: any Embedder
  private let store: any VectorStore
  private let generator: any AnswerGenerator
  private let gate: CollectionGate
  private let retrieved: Int
  private let threshold: Float?

  /// A service that retrieves up to `retrieved` chunks, none below `threshold` or, without one,
  /// below the embedding model's own.
  public init(
    embedder: any Embedder, store: any VectorStore, generator: any AnswerGenerator,
    gate: CollectionGate, retrieved: Int, threshold: Float?
  ) {
    self.embedder = embedder
    self.store = store
    self.generator = generator
    self.gate = gate
    self.retrieved = retrieved
    self.threshold = threshold
  }

  /// The insight for a question. Without anything similar enough no generator is called.
  public func insight(for question: String) async throws(GatewayError) -> Insight {
    let threshold = threshold ?? embedder.similarityThreshold
    do throws(GatewayError) {
      guard try await gate.openForReading() else { return .noKnowledge(threshold: threshold) }
      guard let vector = try await embedder.embed([question]).first else {
        throw GatewayError.embeddingFailed("no vector for the question")
      }
      let found = try await store.search(vector, limit: retrieved, threshold: threshold)
      let chunks = found.filter { $0.score >= threshold }
      guard !chunks.isEmpty else { return .noKnowledge(threshold: threshold) }
      let answer = try await generator.answer(
        AnswerRequest(question: question, questionVector: vector, chunks: chunks))
      return Insight(answer: answer, retrieved: chunks)
    } catch {
      switch error {
      case .storeFailed, .storeUnreachable, .conflict, .collectionMissing: gate.forget()
      default: break
      }
      throw error
    }
  }
}

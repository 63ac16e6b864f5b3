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
  ///
  /// - Throws: `GatewayError` when the store, the embedder or the generator fails. A collection
  ///   that does not exist is no failure: then nothing has been stored yet, or no longer is.
  public func insight(for question: String) async throws(GatewayError) -> Insight {
    do throws(GatewayError) {
      return try await answer(question)
    } catch .collectionMissing {
      // Dropped since the gate let requests through; another client may have made it again.
      gate.forget()
      do throws(GatewayError) {
        return try await answer(question)
      } catch .collectionMissing {
        gate.forget()
        return .nothingStored(in: store.collection)
      }
    } catch {
      switch error {
      case .storeFailed, .storeUnreachable, .conflict: gate.forget()
      default: break
      }
      throw error
    }
  }

  private func answer(_ question: String) async throws(GatewayError) -> Insight {
    guard try await gate.openForReading() else { return .nothingStored(in: store.collection) }
    let threshold = threshold ?? embedder.similarityThreshold
    guard let vector = try await embedder.embed([question]).first else {
      throw GatewayError.embeddingFailed("no vector for the question")
    }
    let found = try await store.search(vector, limit: retrieved, threshold: threshold)
    let chunks = found.filter { $0.score >= threshold }
    guard !chunks.isEmpty else { return .noKnowledge(threshold: threshold) }
    let answer = try await generator.answer(
      AnswerRequest(question: question, questionVector: vector, chunks: chunks))
    return Insight(answer: answer, retrieved: chunks)
  }
}

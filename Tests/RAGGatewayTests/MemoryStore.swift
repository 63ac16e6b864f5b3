import PointModel
import RAGGateway
import Synchronization

/// A vector store in memory that compares by cosine.
final class MemoryStore: VectorStore {
  struct Contents {
    var description: CollectionDescription?
    var chunks: [PointUUID: (chunk: IndexedChunk, vector: [Float])] = [:]
    var failure: GatewayError?
    var writes = 0
    var payloadWrites = 0
    var descriptions = 0
    var readinessChecks = 0
  }

  let collection: String
  private let contents: Mutex<Contents>

  init(collection: String = "chunks", description: CollectionDescription? = nil) {
    self.collection = collection
    contents = Mutex(Contents(description: description))
  }

  var snapshot: Contents { contents.withLock { $0 } }

  func fail(with error: GatewayError?) {
    contents.withLock { $0.failure = error }
  }

  func dropCollection() {
    contents.withLock { contents in
      contents.description = nil
      contents.chunks = [:]
    }
  }

  private func perform<T: Sendable>(
    _ body: (inout sending Contents) -> Result<T, GatewayError>
  ) throws(GatewayError) -> T {
    let outcome: Result<T, GatewayError> = contents.withLock { contents in
      if let failure = contents.failure { return .failure(failure) }
      return body(&contents)
    }
    return try outcome.get()
  }

  func checkReadiness() async throws(GatewayError) {
    contents.withLock { $0.readinessChecks += 1 }
    try perform { _ in .success(()) }
  }

  func describeCollection() async throws(GatewayError) -> CollectionDescription? {
    try perform { contents in
      contents.descriptions += 1
      return .success(contents.description)
    }
  }

  func createCollection(
    distance: Distance, embedding: EmbeddingIdentity
  ) async throws(GatewayError) {
    try perform { contents in
      contents.description = CollectionDescription(
        dimension: embedding.dimension, distance: distance, embedding: embedding)
      return .success(())
    }
  }

  func fingerprints(
    of ids: [PointUUID]
  ) async throws(GatewayError) -> [PointUUID: ChunkFingerprint?] {
    let name = collection
    return try perform { contents in
      guard contents.description != nil else { return .failure(.collectionMissing(name)) }
      var found: [PointUUID: ChunkFingerprint?] = [:]
      for id in ids {
        if let stored = contents.chunks[id] { found[id] = .some(stored.chunk.fingerprint) }
      }
      return .success(found)
    }
  }

  func upsert(_ chunks: [IndexedChunk], vectors: [[Float]]) async throws(GatewayError) {
    let name = collection
    try perform { contents -> Result<Void, GatewayError> in
      guard contents.description != nil else { return .failure(.collectionMissing(name)) }
      contents.writes += 1
      for (chunk, vector) in zip(chunks, vectors) { contents.chunks[chunk.id] = (chunk, vector) }
      return .success(())
    }
  }

  func replacePayloads(_ chunks: [IndexedChunk]) async throws(GatewayError) {
    let name = collection
    try perform { contents -> Result<Void, GatewayError> in
      guard contents.description != nil else { return .failure(.collectionMissing(name)) }
      contents.payloadWrites += 1
      for chunk in chunks {
        if let stored = contents.chunks[chunk.id] {
          contents.chunks[chunk.id] = (chunk, stored.vector)
        }
      }
      return .success(())
    }
  }

  func search(
    _ vector: [Float], limit: Int, threshold: Float
  ) async throws(GatewayError) -> [RetrievedChunk] {
    let name = collection
    return try perform { contents in
      guard contents.description != nil else { return .failure(.collectionMissing(name)) }
      let scored = contents.chunks.values.map { stored in
        RetrievedChunk(
          chunkID: stored.chunk.chunk.chunkID ?? stored.chunk.id.description,
          title: stored.chunk.chunk.title, text: stored.chunk.chunk.pageContent,
          score: zip(stored.vector, vector).reduce(0) { $0 + $1.0 * $1.1 })
      }
      let best = scored.filter { $0.score >= threshold }.sorted { $0.score > $1.score }
      return .success(Array(best.prefix(limit)))
    }
  }
}

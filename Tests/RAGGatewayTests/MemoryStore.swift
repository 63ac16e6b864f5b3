import PointModel
import RAGGateway
import SentenceEmbedding
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
    var filters: [Filter?] = []
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

  func remake(_ description: CollectionDescription) {
    dropCollection()
    contents.withLock { $0.description = description }
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
        dimension: embedding.dimension, distance: distance, embedding: embedding,
        recipe: EmbeddingRecipe.current.rawValue)
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

  func upsert(_ points: [StorePoint]) async throws(GatewayError) {
    let name = collection
    try perform { contents -> Result<Void, GatewayError> in
      guard contents.description != nil else { return .failure(.collectionMissing(name)) }
      contents.writes += 1
      for point in points { contents.chunks[point.chunk.id] = (point.chunk, point.vector) }
      return .success(())
    }
  }

  func relabel(_ chunks: [IndexedChunk]) async throws(GatewayError) {
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

  func search(_ query: StoreQuery) async throws(GatewayError) -> [StoredMatch] {
    let name = collection
    return try perform { contents in
      guard contents.description != nil else { return .failure(.collectionMissing(name)) }
      contents.filters.append(query.filter)
      let scored = contents.chunks.values.map { stored in
        StoredMatch(
          id: .uuid(stored.chunk.id),
          parent: .uuid(stored.chunk.window?.parent ?? stored.chunk.id),
          chunk: Chunk(
            pageContent: stored.chunk.opening ?? stored.chunk.chunk.pageContent,
            metadata: stored.chunk.chunk.metadata),
          similarity: zip(stored.vector, query.vector).reduce(0) { $0 + $1.0 * $1.1 })
      }
      return .success(Array(scored.sorted { $0.similarity > $1.similarity }.prefix(query.limit)))
    }
  }

  func tokens(of ids: [PointID]) async throws(GatewayError) -> [PointID: TokenBits] {
    try perform { contents in
      var found: [PointID: TokenBits] = [:]
      for case .uuid(let id) in ids { found[.uuid(id)] = contents.chunks[id]?.chunk.tokens }
      return .success(found)
    }
  }

  /// Filters are kept for the test to look at; of them, sources are applied, and that windows are
  /// left out.
  func list(
    _ filter: Filter?, from start: PointID?, limit: Int
  ) async throws(GatewayError) -> (chunks: [StoredChunk], next: PointID?) {
    let name = collection
    return try perform { contents in
      guard contents.description != nil else { return .failure(.collectionMissing(name)) }
      contents.filters.append(filter)
      let chunks = contents.chunks.values
        .filter { stored in filter.map { Self.passes($0, stored.chunk) } ?? true }
        .filter { stored in start.map { .uuid(stored.chunk.id) >= $0 } ?? true }
        .sorted { PointID.uuid($0.chunk.id) < .uuid($1.chunk.id) }
        .map { stored in
          StoredChunk(
            id: .uuid(stored.chunk.id),
            parent: .uuid(stored.chunk.window?.parent ?? stored.chunk.id), chunk: stored.chunk.chunk
          )
        }
      let next = chunks.count > limit ? chunks[limit].id : nil
      return .success((Array(chunks.prefix(limit)), next))
    }
  }

  private static func passes(_ filter: Filter, _ chunk: IndexedChunk) -> Bool {
    filter.must.allSatisfy { condition in
      switch condition {
      case .match(_, .value(.string(let text))): chunk.chunk.source == text
      case .isEmpty(PayloadPath("quiver.parent")): chunk.window == nil
      case .filter(let inner): passes(inner, chunk)
      default: true
      }
    }
  }

  func count(_ filter: Filter?) async throws(GatewayError) -> Int {
    try perform { contents in
      .success(
        contents.chunks.values.count { stored in
          filter.map { Self.passes($0, stored.chunk) } ?? true
        })
    }
  }

  func documents(
    _ filter: Filter?, limit: Int
  ) async throws(GatewayError) -> [ListedDocument] {
    try perform { contents in
      let passing = contents.chunks.values.map(\.chunk)
        .filter { chunk in filter.map { Self.passes($0, chunk) } ?? true }
      let sources = Dictionary(grouping: passing.filter { !$0.chunk.source.isEmpty }) {
        $0.chunk.source
      }
      return .success(
        sources.map { ListedDocument(name: $0.key, chunks: $0.value.count) }
          .sorted { $0.chunks > $1.chunks }.prefix(limit).map { $0 })
    }
  }

  func delete(_ ids: [PointID]) async throws(GatewayError) {
    try perform { contents in
      for case .uuid(let id) in ids { contents.chunks[id] = nil }
      return .success(())
    }
  }
}

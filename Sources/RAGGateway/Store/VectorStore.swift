public import PointModel
public import SentenceEmbedding

/// Keeps chunks with their vectors in one collection and finds the nearest.
///
/// All calls about chunks throw `GatewayError.collectionMissing` when there is no collection: that
/// is not the same as having found nothing.
public protocol VectorStore: Sendable {
  /// The collection's name.
  var collection: String { get }

  /// Throws unless the store takes requests.
  func checkReadiness() async throws(GatewayError)

  /// What the collection is; `nil` when there is none.
  func describeCollection() async throws(GatewayError) -> CollectionDescription?

  /// Makes the collection for vectors of `embedding`, by the current recipe. One that another
  /// client has made in the meantime is left as it is.
  func createCollection(
    distance: Distance, embedding: EmbeddingIdentity
  ) async throws(GatewayError)

  /// The fingerprints of those of `ids` that are stored; `nil` for a point without one.
  func fingerprints(
    of ids: [PointUUID]
  ) async throws(GatewayError) -> [PointUUID: ChunkFingerprint?]

  /// Inserts or replaces chunks.
  func upsert(_ points: [StorePoint]) async throws(GatewayError)

  /// Replaces the metadata of stored chunks, of all their parts, and leaves the rest.
  func relabel(_ chunks: [IndexedChunk]) async throws(GatewayError)

  /// The chunks that are near in meaning or in words, in no particular order.
  func search(_ query: StoreQuery) async throws(GatewayError) -> [StoredMatch]

  /// The token vectors of those of some points that have them.
  func tokens(of ids: [PointID]) async throws(GatewayError) -> [PointID: TokenBits]

  /// A page of what is stored in the order of the points' ids, and where the next one begins.
  func list(
    _ filter: Filter?, from start: PointID?, limit: Int
  ) async throws(GatewayError) -> (chunks: [StoredChunk], next: PointID?)

  /// The number of points that pass a filter.
  func count(_ filter: Filter?) async throws(GatewayError) -> Int

  /// The documents that chunks name as their source, each with the number of its points that pass
  /// a filter, in no particular order; at most `limit`.
  func documents(
    _ filter: Filter?, limit: Int
  ) async throws(GatewayError) -> [ListedDocument]

  /// Removes points.
  func delete(_ ids: [PointID]) async throws(GatewayError)
}

/// What the gateway has to know of a collection before it may use it.
public struct CollectionDescription: Sendable, Equatable {
  /// Components of the unnamed vector; `nil` when the collection has none.
  public var dimension: Int?
  /// Distance of the unnamed vector.
  public var distance: Distance?
  /// The model that filled the collection, when the collection says so.
  public var embedding: EmbeddingIdentity?
  /// The number of the recipe that fills it; 1 where the collection does not say.
  public var recipe: Int
  /// Whether it has the sparse vectors that hold the words of chunks.
  public var hasWords = true
  /// The names of its dense vectors, where none is without one.
  public var vectorNames: [String] = []

  /// A description.
  public init(
    dimension: Int?, distance: Distance?, embedding: EmbeddingIdentity?, recipe: Int = 1
  ) {
    self.dimension = dimension
    self.distance = distance
    self.embedding = embedding
    self.recipe = recipe
  }
}

/// A chunk, or a part of one, with all that it is found by.
public struct StorePoint: Sendable, Equatable {
  /// The chunk, its token vectors with it.
  public let chunk: IndexedChunk
  /// Its vector.
  public let vector: [Float]
  /// The weights of its words; `nil` in collections that have none.
  public let words: SparseVector?

  /// A point.
  public init(chunk: IndexedChunk, vector: [Float], words: SparseVector?) {
    self.chunk = chunk
    self.vector = vector
    self.words = words
  }
}

/// What a search asks of the store.
public struct StoreQuery: Sendable, Equatable {
  /// The question's vector.
  public var vector: [Float]
  /// The question's words; `nil` leaves them out.
  public var words: SparseVector?
  /// What chunks have to pass.
  public var filter: Filter?
  /// The most that each of vector and words may bring.
  public var limit: Int

  /// A query.
  public init(vector: [Float], words: SparseVector?, filter: Filter?, limit: Int) {
    self.vector = vector
    self.words = words
    self.filter = filter
    self.limit = limit
  }
}

/// A chunk that a search brought.
public struct StoredMatch: Sendable, Equatable {
  /// Its point.
  public let id: PointID
  /// The point of the chunk's beginning: its own, but for windows.
  public let parent: PointID
  /// The chunk; of one that is longer than the model reads, the part that was found.
  public let chunk: Chunk
  /// Similarity of the vectors.
  public let similarity: Float
  /// BM25; `nil` when words were not asked for, 0 when none is shared.
  public var lexical: Float?

  /// A match.
  public init(
    id: PointID, parent: PointID, chunk: Chunk, similarity: Float, lexical: Float? = nil
  ) {
    self.id = id
    self.parent = parent
    self.chunk = chunk
    self.similarity = similarity
    self.lexical = lexical
  }
}

/// A chunk as it is listed.
public struct StoredChunk: Sendable, Equatable {
  /// Its point.
  public let id: PointID
  /// The point of the chunk's beginning: its own, but for windows.
  public let parent: PointID
  /// The chunk.
  public let chunk: Chunk
  /// Whose chunk it is; empty for nobody in particular.
  public let tenant: String

  /// A stored chunk.
  public init(id: PointID, parent: PointID, chunk: Chunk, tenant: String = "") {
    self.id = id
    self.parent = parent
    self.chunk = chunk
    self.tenant = tenant
  }

  /// The chunk's own id or, for a chunk without one, that of its point.
  public var chunkID: String { chunk.chunkID ?? parent.description }
}

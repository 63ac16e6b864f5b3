public import PointModel

/// Keeps chunks with their vectors in one collection and finds the nearest.
public protocol VectorStore: Sendable {
  /// The collection's name.
  var collection: String { get }

  /// Throws unless the store takes requests.
  func checkReadiness() async throws(GatewayError)

  /// What the collection is; `nil` when there is none.
  func describeCollection() async throws(GatewayError) -> CollectionDescription?

  /// Makes the collection for vectors of `embedding`. One that another client has made in the
  /// meantime is left as it is.
  func createCollection(
    distance: Distance, embedding: EmbeddingIdentity
  ) async throws(GatewayError)

  /// The fingerprints of those of `ids` that are stored; `nil` for a point without one.
  func fingerprints(
    of ids: [PointUUID]
  ) async throws(GatewayError) -> [PointUUID: ChunkFingerprint?]

  /// Inserts or replaces chunks with their vectors, `chunks.count` × dimension.
  func upsert(_ chunks: [IndexedChunk], vectors: [[Float]]) async throws(GatewayError)

  /// Replaces the payloads of stored chunks and leaves their vectors.
  func replacePayloads(_ chunks: [IndexedChunk]) async throws(GatewayError)

  /// The nearest chunks, best first, none below `threshold`.
  ///
  /// - Throws: `GatewayError.collectionMissing` when there is no collection, as all calls about
  ///   chunks do: that is not the same as having found nothing.
  func search(
    _ vector: [Float], limit: Int, threshold: Float
  ) async throws(GatewayError) -> [RetrievedChunk]
}

/// What the gateway has to know of a collection before it may use it.
public struct CollectionDescription: Sendable, Equatable {
  /// Components of the unnamed vector; `nil` when the collection has none.
  public var dimension: Int?
  /// Distance of the unnamed vector.
  public var distance: Distance?
  /// The model that filled the collection, when the collection says so.
  public var embedding: EmbeddingIdentity?

  /// A description.
  public init(dimension: Int?, distance: Distance?, embedding: EmbeddingIdentity?) {
    self.dimension = dimension
    self.distance = distance
    self.embedding = embedding
  }
}

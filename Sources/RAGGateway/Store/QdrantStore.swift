import FastJSON
import HTTPTransfer
public import PointModel
import QdrantAPI
package import QdrantClient

/// Keeps chunks in a server that speaks Qdrant's REST interface.
public final class QdrantStore: VectorStore {
  /// The member of a collection's metadata that names the embedding model.
  static let embeddingKey = "quiver_embedding"

  /// The collection's name.
  public var collection: String { remote.name }
  private let remote: QdrantCollection

  /// A store over a collection, which need not exist.
  package init(_ collection: QdrantCollection) {
    remote = collection
  }

  /// Asks whether the server is ready, and whether it takes our key.
  public func checkReadiness() async throws(GatewayError) {
    do {
      try await remote.server.checkReadiness()
      // Readiness needs no key, so a wrong one is found out here.
      _ = try await remote.exists()
    } catch {
      throw failure(error)
    }
  }

  /// Reads the unnamed vector and, from the metadata, the embedding model.
  public func describeCollection() async throws(GatewayError) -> CollectionDescription? {
    let description: JSONElement?
    do {
      description = try await remote.description()
    } catch {
      throw failure(error)
    }
    guard let description else { return nil }
    let config = description.object?["config"]?.value
    guard let config, let vectors = config["params"]?["vectors"] else {
      throw .storeFailed("the description of collection `\(collection)` has no vectors")
    }
    let embedding = config["metadata"]?[Self.embeddingKey]
    return CollectionDescription(
      dimension: vectors["size"]?.numberValue.flatMap { Int(exactly: $0) },
      distance: vectors["distance"]?.stringValue.flatMap { Distance(rawValue: $0) },
      embedding: embedding.flatMap { Self.identity(in: $0) })
  }

  /// Makes the collection and writes the embedding model into its metadata.
  public func createCollection(
    distance: Distance, embedding: EmbeddingIdentity
  ) async throws(GatewayError) {
    let identity: JSONObjectValue = [
      "provider": .string(embedding.provider), "model": .string(embedding.model),
      "dimension": .integer(Int64(embedding.dimension)),
    ]
    let vectors: JSONObjectValue = [
      "size": .integer(Int64(embedding.dimension)), "distance": .string(distance.rawValue),
    ]
    do {
      try await remote.create([
        "vectors": .object(vectors),
        "metadata": .object([Self.embeddingKey: .object(identity)]),
      ])
    } catch {
      throw failure(error)
    }
  }

  /// One request for the fingerprints alone; no texts, no vectors.
  public func fingerprints(
    of ids: [PointUUID]
  ) async throws(GatewayError) -> [PointUUID: ChunkFingerprint?] {
    let request = RetrieveRequest(
      ids: ids.map { .uuid($0) },
      withPayload: .include([PayloadPath(steps: [.key(IndexedChunk.fingerprintKey)])]),
      withVector: .none)
    let records: [Record]
    do {
      records = try await remote.retrieve(request)
    } catch {
      throw failure(error)
    }
    var found: [PointUUID: ChunkFingerprint?] = [:]
    for record in records {
      guard case .uuid(let id) = record.id else { continue }
      let fingerprint = try? record.payload?.parsed()[IndexedChunk.fingerprintKey]
      found.updateValue(fingerprint.flatMap { ChunkFingerprint(json: $0) }, forKey: id)
    }
    return found
  }

  /// One request, answered when the chunks are durable.
  public func upsert(_ chunks: [IndexedChunk], vectors: [[Float]]) async throws(GatewayError) {
    let points = zip(chunks, vectors).map { chunk, vector in
      Point(
        id: .uuid(chunk.id), vectors: [NamedVector(name: "", values: vector)],
        payload: Payload(chunk.payload))
    }
    do {
      try await remote.upsert(points)
    } catch {
      throw failure(error)
    }
  }

  /// One request with a payload for every chunk.
  public func replacePayloads(_ chunks: [IndexedChunk]) async throws(GatewayError) {
    do {
      try await remote.overwritePayloads(
        chunks.map { (id: .uuid($0.id), payload: $0.payload) })
    } catch {
      throw failure(error)
    }
  }

  /// One query; points without `page_content` are left out.
  public func search(
    _ vector: [Float], limit: Int, threshold: Float
  ) async throws(GatewayError) -> [RetrievedChunk] {
    let request = QueryRequest(
      query: .nearest(.dense(vector)), scoreThreshold: threshold, limit: limit,
      withPayload: .include(["page_content", "metadata"].map { PayloadPath(steps: [.key($0)]) }))
    do {
      return try await remote.query(request).compactMap { Self.retrieved($0) }
    } catch {
      throw failure(error)
    }
  }

  private func failure(_ error: QdrantClientError) -> GatewayError {
    switch error {
    case .noAnswer(_, let failure):
      failure.isUnreachable ? .storeUnreachable(failure.message) : .storeFailed(failure.message)
    case .missing: .collectionMissing(collection)
    case .refused(_, let status, let reason):
      .storeFailed(reason.isEmpty ? "status \(status)" : "status \(status): \(reason)")
    case .unexpected(_, let reason): .storeFailed(reason)
    }
  }

  private static func identity(in json: JSONValue) -> EmbeddingIdentity? {
    guard let provider = json["provider"]?.stringValue, let model = json["model"]?.stringValue,
      let dimension = json["dimension"]?.numberValue.flatMap({ Int(exactly: $0) })
    else { return nil }
    return EmbeddingIdentity(provider: provider, model: model, dimension: dimension)
  }

  /// A point that is no chunk (no `page_content`) is left out: there is nothing to answer from.
  private static func retrieved(_ point: ScoredPoint) -> RetrievedChunk? {
    guard let payload = try? point.record.payload?.parsed(),
      let text = payload["page_content"]?.stringValue
    else { return nil }
    let chunk = Chunk(
      pageContent: text, metadata: payload["metadata"]?.objectValue ?? .init())
    return RetrievedChunk(
      chunkID: chunk.chunkID ?? point.record.id.description, title: chunk.title, text: text,
      score: point.score)
  }
}

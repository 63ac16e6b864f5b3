import FastJSON
import HTTPTransfer
public import PointModel
import QdrantAPI
package import QdrantClient

/// Keeps chunks in a server that speaks Qdrant's REST interface.
public final class QdrantStore: VectorStore {
  /// The member of a collection's metadata that names the embedding model.
  static let embeddingKey = "quiver_embedding"
  /// The name of the sparse vectors that hold the words of chunks.
  static let wordsName = "quiver_bm25"

  /// The collection's name.
  public var collection: String { remote.name }
  let remote: QdrantCollection

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

  /// Reads the unnamed vector and, from the metadata, the embedding model and the recipe.
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
    let sparse = config["params"]?["sparse_vectors"]?.objectValue
    var found = CollectionDescription(
      dimension: vectors["size"]?.numberValue.flatMap { Int(exactly: $0) },
      distance: vectors["distance"]?.stringValue.flatMap { Distance(rawValue: $0) },
      embedding: embedding.flatMap { Self.identity(in: $0) },
      recipe: embedding?["recipe"]?.numberValue.flatMap { Int(exactly: $0) } ?? 1)
    found.hasWords = sparse?[Self.wordsName] != nil
    if found.dimension == nil { found.vectorNames = (vectors.objectValue?.keys ?? []).sorted() }
    return found
  }

  /// Makes the collection, writes the embedding model into its metadata, and makes indexes for what
  /// chunks are listed and deleted by.
  public func createCollection(
    distance: Distance, embedding: EmbeddingIdentity
  ) async throws(GatewayError) {
    let vectors: JSONObjectValue = [
      "size": .integer(Int64(embedding.dimension)), "distance": .string(distance.rawValue),
    ]
    do {
      try await remote.create([
        "vectors": .object(vectors),
        "sparse_vectors": .object([Self.wordsName: .object(["modifier": .string("idf")])]),
        "metadata": .object([Self.embeddingKey: Self.json(embedding, .current)]),
      ])
      for field in ["metadata.source", "metadata.chunk_id", "quiver.tenant", "quiver.parent"] {
        try await remote.createIndex(of: field, schema: .string("keyword"))
      }
    } catch {
      throw failure(error)
    }
  }

  /// One request for the fingerprints alone; no texts, no vectors.
  public func fingerprints(
    of ids: [PointUUID]
  ) async throws(GatewayError) -> [PointUUID: ChunkFingerprint?] {
    let names = [
      "content_sha256", "metadata_sha256", "embedding_model", "recipe", "title_sha256", "parts",
    ]
    let key = PayloadPath.Step.key(IndexedChunk.fingerprintKey)
    let request = RetrieveRequest(
      ids: ids.map { .uuid($0) },
      withPayload: .include(names.map { PayloadPath(steps: [key, .key($0)]) }),
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
  public func upsert(_ points: [StorePoint]) async throws(GatewayError) {
    let points = points.map { point in
      var vectors = [NamedVector(name: "", values: point.vector)]
      if let words = point.words {
        vectors.append(NamedVector(name: Self.wordsName, value: .sparse(words)))
      }
      return Point(
        id: .uuid(point.chunk.id), vectors: vectors, payload: Payload(point.chunk.payload))
    }
    do {
      try await remote.upsert(points)
    } catch {
      throw failure(error)
    }
  }

  /// One request that sets two members of every point's payload.
  public func relabel(_ chunks: [IndexedChunk]) async throws(GatewayError) {
    var operations: [JSONValue] = []
    for chunk in chunks {
      let points = JSONValue.array([.string(chunk.id.description)])
      operations.append(
        .object([
          "set_payload": .object([
            "payload": .object(["metadata": .object(chunk.chunk.metadata)]), "points": points,
          ])
        ]))
      operations.append(
        .object([
          "set_payload": .object([
            "payload": .object(["metadata_sha256": .string(chunk.fingerprint.metadataHash)]),
            "key": .string(IndexedChunk.fingerprintKey), "points": points,
          ])
        ]))
    }
    do {
      try await remote.change(operations)
    } catch {
      throw failure(error)
    }
  }

  /// Points that are removed by one request.
  private static let deletionsMax = 1_000

  /// Removes points.
  public func delete(_ ids: [PointID]) async throws(GatewayError) {
    for start in stride(from: 0, to: ids.count, by: Self.deletionsMax) {
      do {
        try await remote.delete(Array(ids[start..<min(start + Self.deletionsMax, ids.count)]))
      } catch {
        throw failure(error)
      }
    }
  }

  /// Makes an older collection one of the current recipe, once its points are.
  package func adopt(
    _ embedding: EmbeddingIdentity
  ) async throws(GatewayError) {
    do {
      try await remote.update(metadata: [Self.embeddingKey: Self.json(embedding, .current)])
    } catch {
      throw failure(error)
    }
  }

  /// Lets points of an older collection have words.
  package func addWords() async throws(GatewayError) {
    do {
      try await remote.addSparseVector(Self.wordsName, ["modifier": .string("idf")])
    } catch {
      // One that is there already from a run that broke off is as good.
      if case .refused(_, 400..<500, _) = error { return }
      throw failure(error)
    }
  }

  func failure(_ error: QdrantClientError) -> GatewayError {
    switch error {
    case .noAnswer(_, let failure):
      failure.isUnreachable ? .storeUnreachable(failure.message) : .storeFailed(failure.message)
    case .missing: .collectionMissing(collection)
    case .refused(_, let status, let reason):
      switch status {
      case 429, 503: .storeBusy(reason.isEmpty ? "status \(status)" : reason)
      case 507: .storeFull(reason.isEmpty ? "status \(status)" : reason)
      case 400, 422: .storeRefused("status \(status)\(reason.isEmpty ? "" : ": \(reason)")")
      default: .storeFailed("status \(status)\(reason.isEmpty ? "" : ": \(reason)")")
      }
    case .unexpected(_, let reason): .storeFailed(reason)
    }
  }

  private static func json(
    _ embedding: EmbeddingIdentity, _ recipe: EmbeddingRecipe
  ) -> JSONValue {
    .object([
      "provider": .string(embedding.provider), "model": .string(embedding.model),
      "dimension": .integer(Int64(embedding.dimension)),
      "recipe": .integer(Int64(recipe.rawValue)),
    ])
  }

  private static func identity(in json: JSONValue) -> EmbeddingIdentity? {
    guard let provider = json["provider"]?.stringValue, let model = json["model"]?.stringValue,
      let dimension = json["dimension"]?.numberValue.flatMap({ Int(exactly: $0) })
    else { return nil }
    return EmbeddingIdentity(provider: provider, model: model, dimension: dimension)
  }
}

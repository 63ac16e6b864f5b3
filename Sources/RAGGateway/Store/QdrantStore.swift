import FastJSON
public import PointModel
import QdrantAPI

/// Keeps chunks in a server that speaks Qdrant's REST interface.
public final class QdrantStore: VectorStore {
  /// The member of a collection's metadata that names the embedding model.
  static let embeddingKey = "quiver_embedding"

  /// The collection's name.
  public let collection: String
  private let endpoint: JSONEndpoint
  private let path: String

  /// A store over the collection called `collection`.
  package init(endpoint: JSONEndpoint, collection: String) {
    self.endpoint = endpoint
    self.collection = collection
    path = "/collections/\(PathSegment.encode(collection))"
  }

  /// Asks whether the server is ready, and whether it takes our key.
  public func checkReadiness() async throws(GatewayError) {
    let ready = try await send(.get, "/readyz")
    guard ready.isSuccess else { throw .storeFailed(ready.complaint) }
    // Readiness needs no key, so a wrong one is found out here.
    _ = try await succeed(.get, path + "/exists")
  }

  /// Reads the unnamed vector and, from the metadata, the embedding model.
  public func describeCollection() async throws(GatewayError) -> CollectionDescription? {
    let reply = try await send(.get, path)
    if reply.status == 404 { return nil }
    let result = try result(of: reply)
    guard let config = result["config"], let vectors = config["params"]?["vectors"] else {
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
    let identity = JSONObjectValue([
      ("provider", .string(embedding.provider)), ("model", .string(embedding.model)),
      ("dimension", .integer(Int64(embedding.dimension))),
    ])
    let vectors = JSONObjectValue([
      ("size", .integer(Int64(embedding.dimension))), ("distance", .string(distance.rawValue)),
    ])
    let body = JSONObjectValue([
      ("vectors", .object(vectors)),
      ("metadata", .object(JSONObjectValue([(Self.embeddingKey, .object(identity))]))),
    ])
    let reply = try await send(.put, path, body: JSONValue.object(body).serialized())
    if reply.status != 409 { _ = try result(of: reply) }
  }

  /// One request for the fingerprints alone; no texts, no vectors.
  public func fingerprints(
    of ids: [PointUUID]
  ) async throws(GatewayError) -> [PointUUID: ChunkFingerprint?] {
    let request = RetrieveRequest(
      ids: ids.map { .uuid($0) },
      withPayload: .include([PayloadPath(steps: [.key(IndexedChunk.fingerprintKey)])]),
      withVector: .none)
    let reply = try await send(
      .post, path + "/points", body: ClientRequest.retrieve(request))
    let records = try decode(reply, ClientResponse.records)
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
    _ = try await succeed(.put, path + "/points?wait=true", body: ClientRequest.upsert(points))
  }

  /// One request with a payload for every chunk.
  public func replacePayloads(_ chunks: [IndexedChunk]) async throws(GatewayError) {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("operations")
    writer.beginArray()
    for chunk in chunks {
      writer.beginObject()
      writer.key("overwrite_payload")
      writer.beginObject()
      writer.key("payload")
      JSONValue.object(chunk.payload).write(to: &writer)
      writer.key("points")
      writer.beginArray()
      writer.string(chunk.id.description)
      writer.endArray()
      writer.endObject()
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    _ = try await succeed(.post, path + "/points/batch?wait=true", body: writer.bytes)
  }

  /// One query; points without `page_content` are left out.
  public func search(
    _ vector: [Float], limit: Int, threshold: Float
  ) async throws(GatewayError) -> [RetrievedChunk] {
    let request = QueryRequest(
      query: .nearest(.dense(vector)), scoreThreshold: threshold, limit: limit,
      withPayload: .include(["page_content", "metadata"].map { PayloadPath(steps: [.key($0)]) }))
    let reply = try await send(
      .post, path + "/points/query", body: ClientRequest.query(request))
    return try decode(reply, ClientResponse.scoredPoints).compactMap { Self.retrieved($0) }
  }
}

extension QdrantStore {
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

  private func send(
    _ method: JSONEndpoint.Method, _ path: String, body: [UInt8]? = nil
  ) async throws(GatewayError) -> EndpointReply {
    do {
      return try await endpoint.send(method, path, body: body)
    } catch {
      switch error {
      case .unreachable(let text), .timedOut(let text): throw .storeUnreachable(text)
      case .broken(let text): throw .storeFailed(text)
      }
    }
  }

  private func succeed(
    _ method: JSONEndpoint.Method, _ path: String, body: [UInt8]? = nil
  ) async throws(GatewayError) -> JSONValue {
    try result(of: try await send(method, path, body: body))
  }

  private func check(_ reply: EndpointReply) throws(GatewayError) {
    if reply.status == 404 { throw .collectionMissing(collection) }
    guard reply.isSuccess else { throw .storeFailed(reply.complaint) }
  }

  private func result(of reply: EndpointReply) throws(GatewayError) -> JSONValue {
    try check(reply)
    guard let result = reply.json?["result"] else {
      throw .storeFailed("the reply is no answer of a Qdrant-compatible server")
    }
    return result
  }

  private func decode<T>(
    _ reply: EndpointReply, _ read: (UnsafeRawBufferPointer) throws(ClientResponseError) -> T
  ) throws(GatewayError) -> T {
    try check(reply)
    let outcome: Result<T, ClientResponseError> = reply.body.withUnsafeBytes { bytes in
      do throws(ClientResponseError) {
        return .success(try read(bytes))
      } catch {
        return .failure(error)
      }
    }
    switch outcome {
    case .success(let value): return value
    case .failure(let error): throw .storeFailed("\(error)")
    }
  }
}

public import FastJSON
import HTTPTransfer
public import PointModel
import QdrantAPI

/// A collection on a server, there or not.
public struct QdrantCollection: Sendable {
  /// The server.
  public let server: QdrantServer
  /// The collection's name.
  public let name: String
  private let path: String

  /// The collection called `name`.
  public init(_ name: String, on server: QdrantServer) {
    self.server = server
    self.name = name
    path = "/collections/\(PathSegment.encode(name))"
  }

  /// Whether there is one. Asks with the key, which readiness does not need.
  public func exists() async throws(QdrantClientError) -> Bool {
    try await server.call(.get, path + "/exists", ClientResponse.exists)
  }

  /// What the server tells about it; `nil` when there is none.
  public func description() async throws(QdrantClientError) -> JSONElement? {
    do {
      return try await server.call(.get, path)
    } catch {
      if case .missing = error { return nil }
      throw error
    }
  }

  /// Makes it. One that is there already, from a first attempt with a lost answer or by another
  /// client, is left as it is.
  ///
  /// - Parameter body: its configuration.
  public func create(_ body: JSONObjectValue) async throws(QdrantClientError) {
    do {
      _ = try await server.call(.put, path, body: JSONValue.object(body).serialized())
    } catch {
      guard case .refused(_, 409, _) = error else { throw error }
    }
  }

  /// Makes a payload index and waits for it.
  ///
  /// - Parameter schema: a type's name, or its parameters.
  public func createIndex(
    of field: String, schema: JSONValue
  ) async throws(QdrantClientError) {
    let body = JSONValue.object(["field_name": .string(field), "field_schema": schema])
    _ = try await server.call(.put, path + "/index?wait=true", body: body.serialized())
  }

  /// The exact number of points, of those that pass a filter.
  public func count(_ filter: Filter? = nil) async throws(QdrantClientError) -> Int {
    var body: JSONObjectValue = ["exact": .bool(true)]
    if let filter { body["filter"] = ClientRequest.filter(filter) }
    return try await server.call(
      .post, path + "/points/count", body: JSONValue.object(body).serialized(),
      ClientResponse.count)
  }

  /// A page of points, as the server gives it.
  ///
  /// - Parameter body: the request.
  public func scroll(_ body: [UInt8]) async throws(QdrantClientError) -> JSONElement {
    try await server.call(.post, path + "/points/scroll", body: body)
  }

  /// A page of points in the order of their ids, and where the next one begins.
  ///
  /// - Parameters:
  ///   - filter: what points have to pass.
  ///   - start: the first point; `nil` begins at the first there is.
  ///   - payload: the parts of payloads that are returned.
  public func page(
    _ filter: Filter?, from start: PointID?, limit: Int, payload: [PayloadPath]
  ) async throws(QdrantClientError) -> (records: [Record], next: PointID?) {
    let body = ClientRequest.scroll(
      filter, from: start, limit: limit, withPayload: .include(payload))
    return try await server.call(
      .post, path + "/points/scroll", body: body, ClientResponse.scrollPage)
  }

  /// Those of some points that are there.
  public func retrieve(_ request: RetrieveRequest) async throws(QdrantClientError) -> [Record] {
    try await server.call(
      .post, path + "/points", body: ClientRequest.retrieve(request), ClientResponse.records)
  }

  /// Whether there is a point with this id, which is JSON.
  public func contains(_ id: [UInt8]) async throws(QdrantClientError) -> Bool {
    let body = Array(#"{"ids":["#.utf8) + id + Array(#"],"with_payload":false}"#.utf8)
    do {
      let found = try await server.call(.post, path + "/points", body: body)
      return found.array?.isEmpty == false
    } catch {
      if case .missing = error { return false }
      throw error
    }
  }

  /// Stores points; returns when they are durable.
  public func upsert(_ points: [Point]) async throws(QdrantClientError) {
    try await upsert(body: ClientRequest.upsert(points))
  }

  /// Stores the points of a body, `{"points":[…]}`; returns when they are durable.
  public func upsert(body: [UInt8]) async throws(QdrantClientError) {
    _ = try await server.call(.put, path + "/points?wait=true", body: body)
  }

  /// Replaces the payloads of some points in one request; returns when they are durable.
  public func overwritePayloads(
    _ payloads: [(id: PointID, payload: JSONObjectValue)]
  ) async throws(QdrantClientError) {
    _ = try await server.call(
      .post, path + "/points/batch?wait=true", body: ClientRequest.overwritePayloads(payloads))
  }

  /// Does several changes in one request; returns when they are durable.
  ///
  /// - Parameter operations: as the server's batch takes them.
  public func change(_ operations: [JSONValue]) async throws(QdrantClientError) {
    let body = JSONValue.object(["operations": .array(operations)])
    _ = try await server.call(.post, path + "/points/batch?wait=true", body: body.serialized())
  }

  /// Removes points; returns when that is durable.
  public func delete(_ ids: [PointID]) async throws(QdrantClientError) {
    _ = try await server.call(
      .post, path + "/points/delete?wait=true", body: ClientRequest.deletePoints(.ids(ids)))
  }

  /// How many points there are of each value of a field, the most first.
  ///
  /// - Parameter body: the request.
  public func facet(_ body: JSONObjectValue) async throws(QdrantClientError) -> JSONElement {
    try await server.call(.post, path + "/facet", body: JSONValue.object(body).serialized())
  }

  /// Changes its metadata; members that are not given stay.
  public func update(metadata: JSONObjectValue) async throws(QdrantClientError) {
    let body = JSONValue.object(["metadata": .object(metadata)])
    _ = try await server.call(.patch, path, body: body.serialized())
  }

  /// Adds a sparse vector to what its points may have.
  ///
  /// - Parameter parameters: as in the configuration of a collection.
  public func addSparseVector(
    _ vector: String, _ parameters: JSONObjectValue
  ) async throws(QdrantClientError) {
    let body = JSONValue.object(["sparse": .object(parameters)])
    _ = try await server.call(
      .put, path + "/vectors/\(PathSegment.encode(vector))", body: body.serialized())
  }

  /// The points that a query finds, best first.
  public func query(_ request: QueryRequest) async throws(QdrantClientError) -> [ScoredPoint] {
    try await server.call(
      .post, path + "/points/query", body: ClientRequest.query(request),
      ClientResponse.scoredPoints)
  }
}

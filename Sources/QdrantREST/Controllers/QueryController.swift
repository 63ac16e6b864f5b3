import FastJSON
import Hummingbird
import PointModel
import QdrantAPI
import VectorDB

/// Searches: the universal query, its batch, and the older search routes over the same engine.
struct QueryController: Sendable {
  let services: RESTServices

  func addRoutes(to router: Router<RESTContext>) {
    let points = "/collections/{collection_name}/points"
    router.post(RouterPath(points + "/query")) { request, context in
      try await answer(request, context, one: QdrantAPI.RequestDecoder.query, wrapped: true)
    }
    router.post(RouterPath(points + "/query/batch")) { request, context in
      try await answer(request, context, many: QdrantAPI.RequestDecoder.queryBatch, wrapped: true)
    }
    router.post(RouterPath(points + "/search")) { request, context in
      try await answer(request, context, one: QdrantAPI.RequestDecoder.search, wrapped: false)
    }
    router.post(RouterPath(points + "/search/batch")) { request, context in
      try await answer(
        request, context, many: QdrantAPI.RequestDecoder.searchBatch, wrapped: false)
    }
  }

  private func answer(
    _ request: Request, _ context: RESTContext,
    one decode:
      @escaping @Sendable (UnsafeRawBufferPointer) throws(RequestError) -> QueryRequest,
    wrapped: Bool
  ) async throws -> Response {
    _ = try context.collectionName()
    let parameters = try ReadParameters(request)
    return try await services.bodies.withValue(of: request, decodedBy: decode) { query in
      let results = try await run([query], context, parameters)
      let points = results.first ?? []
      return try await RESTResponse.ok(context, items: points.count) { writer in
        if wrapped { writer.writeQueryResult(points) } else { writer.write(points) }
      }
    }
  }

  private func answer(
    _ request: Request, _ context: RESTContext,
    many decode:
      @escaping @Sendable (UnsafeRawBufferPointer) throws(RequestError) -> [QueryRequest],
    wrapped: Bool
  ) async throws -> Response {
    _ = try context.collectionName()
    let parameters = try ReadParameters(request)
    return try await services.bodies.withValue(of: request, decodedBy: decode) { queries in
      let results = try await run(queries, context, parameters)
      let items = results.reduce(0) { $0 + $1.count }
      return try await RESTResponse.ok(context, items: items) { writer in
        if wrapped { writer.writeQueryResults(results) } else { writer.write(results) }
      }
    }
  }

  private func run(
    _ queries: [QueryRequest], _ context: RESTContext, _ parameters: ReadParameters
  ) async throws -> [[ScoredPoint]] {
    let collection = try services.collection(context)
    var resolved = queries
    for index in resolved.indices { try await resolveLookup(of: &resolved[index]) }
    let final = resolved
    return try await services.withDeadline(parameters.timeoutSeconds, operation: "Query") {
      try await collection.query(final)
    }
  }

  /// Replaces a reference to a point of another collection by that point's vector.
  private func resolveLookup(of request: inout QueryRequest) async throws {
    guard let location = request.lookupFrom, let query = request.query else { return }
    let source = try services.database().collection(named: location.collection)
    let name = location.vector ?? request.using
    switch query {
    case .nearest(.point(let id)):
      request.query = .nearest(.dense(try await source.vector(of: id, name: name)))
    case .mmr(.point(let id), let diversity, let candidates):
      let vector = try await source.vector(of: id, name: name)
      request.query = .mmr(.dense(vector), diversity: diversity, candidates: candidates)
    case .nearest(.dense), .mmr(.dense, _, _):
      break
    }
  }
}

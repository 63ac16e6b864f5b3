import FastJSON
import Hummingbird
import PointModel
import QdrantAPI
import VectorDB

/// Searches: the universal query, its batch, and the older search routes over the same engine.
struct QueryController: Sendable {
  let services: RESTServices

  typealias DecodeOne =
    @Sendable (UnsafeRawBufferPointer) throws(RequestError) -> QueryRequest
  typealias DecodeMany =
    @Sendable (UnsafeRawBufferPointer) throws(RequestError) -> [QueryRequest]
  typealias DecodeGroups =
    @Sendable (UnsafeRawBufferPointer) throws(RequestError) -> GroupsRequest

  /// A handler of single queries; results are wrapped in an object, except on older routes.
  func one(_ decode: @escaping DecodeOne, wrapped: Bool = false) -> Route.Handler {
    { request, context in try await answer(request, context, one: decode, wrapped: wrapped) }
  }

  /// A handler of batches of queries.
  func many(_ decode: @escaping DecodeMany, wrapped: Bool = false) -> Route.Handler {
    { request, context in try await answer(request, context, many: decode, wrapped: wrapped) }
  }

  /// A handler of queries whose results are grouped.
  func groups(_ decode: @escaping DecodeGroups) -> Route.Handler {
    { request, context in try await groups(request, context, decode) }
  }

  @Sendable func pairs(_ request: Request, _ context: RESTContext) async throws -> Response {
    try await matrix(request, context, AnswerSteps.pairs)
  }

  @Sendable func offsets(_ request: Request, _ context: RESTContext) async throws -> Response {
    try await matrix(request, context, AnswerSteps.offsets)
  }

  private func answer(
    _ request: Request, _ context: RESTContext,
    one decode: @escaping DecodeOne, wrapped: Bool
  ) async throws -> Response {
    _ = try context.collectionName()
    let parameters = try ReadParameters(request)
    return try await services.bodies.withValue(of: request, decodedBy: decode) { query in
      let pages = try await run([query], context, parameters)
      return try await RESTResponse.ok(
        context, pages, as: .results(isWrapped: wrapped, isBatch: false))
    }
  }

  private func answer(
    _ request: Request, _ context: RESTContext,
    many decode: @escaping DecodeMany, wrapped: Bool
  ) async throws -> Response {
    _ = try context.collectionName()
    let parameters = try ReadParameters(request)
    return try await services.bodies.withValue(of: request, decodedBy: decode) { queries in
      try services.collection(context).checkBatch(of: queries.count)
      let pages = try await run(queries, context, parameters)
      return try await RESTResponse.ok(
        context, pages, as: .results(isWrapped: wrapped, isBatch: true))
    }
  }

  private func run(
    _ queries: [QueryRequest], _ context: RESTContext, _ parameters: ReadParameters
  ) async throws -> PointPages {
    let collection = try services.collection(context, parameters)
    let database = try services.database()
    return try await services.withDeadline(parameters.timeoutSeconds, operation: "Query", context) {
      try await database.queryPages(queries, in: collection.name)
    }
  }

  private func groups(
    _ request: Request, _ context: RESTContext,
    _ decode: @escaping DecodeGroups
  ) async throws -> Response {
    _ = try context.collectionName()
    let parameters = try ReadParameters(request)
    return try await services.bodies.withValue(of: request, decodedBy: decode) { wanted in
      let collection = try services.collection(context, parameters)
      let database = try services.database()
      let seconds = parameters.timeoutSeconds
      let groups = try await services.withDeadline(seconds, operation: "GroupBy", context) {
        try await database.groups(wanted, in: collection.name)
      }
      return try await RESTResponse.ok(context, .groups(groups))
    }
  }

  private func matrix(
    _ request: Request, _ context: RESTContext,
    _ steps: (DistanceMatrix) -> AnswerSteps
  ) async throws -> Response {
    _ = try context.collectionName()
    let parameters = try ReadParameters(request)
    let decode = QdrantAPI.RequestDecoder.matrix
    return try await services.bodies.withValue(of: request, decodedBy: decode) { wanted in
      let collection = try services.collection(context, parameters)
      let seconds = parameters.timeoutSeconds
      let matrix = try await services.withDeadline(seconds, operation: "SearchMatrix", context) {
        try await collection.matrix(wanted)
      }
      return try await RESTResponse.ok(context, steps(matrix))
    }
  }
}

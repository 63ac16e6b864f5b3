import Hummingbird
import PointModel
import QdrantAPI
import QdrantService
import VectorDB

/// Searches: the universal query, its batch, and the older search routes over the same engine.
struct QueryController: Sendable {
  let services: RESTServices

  typealias Decode = QdrantAPI.RequestDecoder.Decode

  /// With `?explain=true` an answer also has a member `explain`, of our own, which clients pass
  /// over.
  private static func explanation(_ request: Request) throws -> QueryExplanation? {
    try QueryFields(request).bool("explain") == true ? QueryExplanation() : nil
  }

  /// A handler of single queries; results are wrapped in an object, except on older routes.
  func one(_ decode: @escaping Decode<QueryRequest>, wrapped: Bool = false) -> Route.Handler {
    { request, context in
      let (name, call) = try context.read(request)
      return try await services.bodies.withValue(of: request, call, decodedBy: decode) { query in
        let explanation = try Self.explanation(request)
        let pages = try await services.api.query(name, query, call, explanation: explanation)
        return try await RESTResponse.ok(
          context, pages, as: .results(isWrapped: wrapped, isBatch: false), explanation)
      }
    }
  }

  /// A handler of batches of queries.
  func many(_ decode: @escaping Decode<[QueryRequest]>, wrapped: Bool = false) -> Route.Handler {
    { request, context in
      let (name, call) = try context.read(request)
      return try await services.bodies.withValue(of: request, call, decodedBy: decode) { queries in
        let explanation = try Self.explanation(request)
        let pages = try await services.api.query(
          name, batch: queries, call, explanation: explanation)
        return try await RESTResponse.ok(
          context, pages, as: .results(isWrapped: wrapped, isBatch: true), explanation)
      }
    }
  }

  /// A handler of queries whose results are grouped.
  func groups(_ decode: @escaping Decode<GroupsRequest>) -> Route.Handler {
    { request, context in
      let (name, call) = try context.read(request)
      return try await services.bodies.withValue(of: request, call, decodedBy: decode) { wanted in
        let explanation = try Self.explanation(request)
        let groups = try await services.api.groups(name, wanted, call, explanation: explanation)
        return try await RESTResponse.ok(
          context, .groups(groups.value).keeping(groups), explanation)
      }
    }
  }

  @Sendable func pairs(_ request: Request, _ context: RESTContext) async throws -> Response {
    try await matrix(request, context, AnswerSteps.pairs)
  }

  @Sendable func offsets(_ request: Request, _ context: RESTContext) async throws -> Response {
    try await matrix(request, context, AnswerSteps.offsets)
  }

  private func matrix(
    _ request: Request, _ context: RESTContext,
    _ steps: (DistanceMatrix) -> AnswerSteps
  ) async throws -> Response {
    let (name, call) = try context.read(request)
    let decode = QdrantAPI.RequestDecoder.matrix
    return try await services.bodies.withValue(of: request, call, decodedBy: decode) { wanted in
      let matrix = try await services.api.matrix(name, wanted, call)
      return try await RESTResponse.ok(context, steps(matrix))
    }
  }
}

import FastJSON
import Hummingbird
import PointModel
import QdrantAPI
import VectorDB

/// Further names of collections: list and change.
struct AliasesController: Sendable {
  let services: RESTServices

  @Sendable func list(_ request: Request, _ context: RESTContext) throws -> Response {
    let aliases = try services.database().aliases
    return RESTResponse.ok(context) { $0.write(aliases) }
  }

  @Sendable func listOfCollection(_ request: Request, _ context: RESTContext) throws -> Response {
    let aliases = try services.database().aliases(of: context.collectionName())
    return RESTResponse.ok(context) { $0.write(aliases) }
  }

  @Sendable func change(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    _ = try CollectionParameters(request)
    let decode = QdrantAPI.RequestDecoder.changeAliases
    return try await services.bodies.withValue(of: request, decodedBy: decode) { operations in
      try await services.database().changeAliases(operations)
      return RESTResponse.ok(context) { $0.bool(true) }
    }
  }
}

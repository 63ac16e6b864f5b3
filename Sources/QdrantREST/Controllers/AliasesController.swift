import FastJSON
import Hummingbird
import PointModel
import QdrantAPI
import QdrantService

/// Further names of collections: list and change.
struct AliasesController: Sendable {
  let services: RESTServices

  @Sendable func list(_ request: Request, _ context: RESTContext) throws -> Response {
    let aliases = try services.api.aliases(context.call())
    return RESTResponse.ok(context) { $0.write(aliases) }
  }

  @Sendable func listOfCollection(_ request: Request, _ context: RESTContext) throws -> Response {
    let aliases = try services.api.aliases(of: context.collectionName(), context.call())
    return RESTResponse.ok(context) { $0.write(aliases) }
  }

  @Sendable func change(_ request: Request, _ context: RESTContext) async throws -> Response {
    let call = try context.call(CollectionParameters(request).timeoutSeconds)
    let decode = QdrantAPI.RequestDecoder.changeAliases
    return try await services.bodies.withValue(of: request, decodedBy: decode) { operations in
      try await services.api.changeAliases(operations, call)
      return RESTResponse.ok(context) { $0.bool(true) }
    }
  }
}

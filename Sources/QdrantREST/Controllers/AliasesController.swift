import FastJSON
import Hummingbird
import PointModel
import QdrantAPI
import QdrantService
import TransportBase

/// Further names of collections: list and change.
struct AliasesController: Sendable {
  let services: RESTServices

  @Sendable func list(_ request: Request, _ context: RESTContext) async throws -> Response {
    let (api, call) = (services.api, context.call())
    // There may be a hundred thousand of them.
    return try await BlockingWork.run {
      let aliases = try api.aliases(call)
      return RESTResponse.ok(context) { $0.write(aliases) }
    }
  }

  @Sendable func listOfCollection(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let (api, call, name) = (services.api, context.call(), try context.collectionName())
    return try await BlockingWork.run {
      let aliases = try api.aliases(of: name, call)
      return RESTResponse.ok(context) { $0.write(aliases) }
    }
  }

  @Sendable func change(_ request: Request, _ context: RESTContext) async throws -> Response {
    let call = try context.call(CollectionParameters(request).timeoutSeconds)
    let decode = QdrantAPI.RequestDecoder.changeAliases
    return try await services.bodies.withValue(of: request, call, decodedBy: decode) { operations in
      try await services.api.changeAliases(operations, call)
      return RESTResponse.ok(context) { $0.bool(true) }
    }
  }
}

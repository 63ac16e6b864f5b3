import FastJSON
import Hummingbird
import PointModel
import QdrantAPI
import VectorDB

/// Further names of collections: list and change.
struct AliasesController: Sendable {
  let services: RESTServices

  func addRoutes(to router: Router<RESTContext>) {
    router.get("/aliases") { _, context in
      let aliases = try services.database().aliases
      return RESTResponse.ok(context) { $0.write(aliases) }
    }
    router.get("/collections/{collection_name}/aliases") { _, context in
      let aliases = try services.database().aliases(of: context.collectionName())
      return RESTResponse.ok(context) { $0.write(aliases) }
    }
    router.post("/collections/aliases", use: change)
  }

  @Sendable private func change(
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

import Hummingbird
import PointModel
import QdrantAPI
import QdrantService

/// Indexes of payload fields: create and drop.
struct PayloadIndexController: Sendable {
  let services: RESTServices

  @Sendable func create(_ request: Request, _ context: RESTContext) async throws -> Response {
    let name = try context.collectionName()
    let parameters = try UpdateParameters(request)
    let call = context.call(parameters.timeoutSeconds)
    let decode = QdrantAPI.RequestDecoder.createPayloadIndex
    return try await services.bodies.withValue(of: request, call, decodedBy: decode) { index in
      let result = try await services.api.createPayloadIndex(
        of: name, at: index.path, index.schema, wait: parameters.wait, call)
      return RESTResponse.ok(context) { $0.write(result) }
    }
  }

  @Sendable func delete(_ request: Request, _ context: RESTContext) async throws -> Response {
    let name = try context.collectionName()
    let parameters = try UpdateParameters(request)
    let field = try context.pathParameter("field_name")
    guard let path = PayloadPath(field) else {
      throw RESTError(
        .badRequest, "Deserialize error in path parameters: Invalid json path: '\(field)'")
    }
    let result = try await services.api.deletePayloadIndex(
      of: name, at: path, wait: parameters.wait, context.call(parameters.timeoutSeconds))
    return RESTResponse.ok(context) { $0.write(result) }
  }
}

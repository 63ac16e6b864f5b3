import Hummingbird
import PointModel
import QdrantAPI
import QdrantService

/// The vectors of a collection: add and drop.
struct VectorNamesController: Sendable {
  let services: RESTServices

  @Sendable func add(_ request: Request, _ context: RESTContext) async throws -> Response {
    let vector = try vectorName(context)
    let name = try context.collectionName()
    let parameters = try UpdateParameters(request)
    let call = context.call(parameters.timeoutSeconds)
    let decode = QdrantAPI.RequestDecoder.createVectorName
    return try await services.bodies.withValue(of: request, call, decodedBy: decode) {
      try await change(name, .add(name: vector, $0), parameters, context)
    }
  }

  @Sendable func drop(_ request: Request, _ context: RESTContext) async throws -> Response {
    let vector = try vectorName(context)
    let name = try context.collectionName()
    return try await change(
      name, .remove(name: vector), UpdateParameters(request), context)
  }

  private func change(
    _ name: String, _ change: VectorNameChange, _ parameters: UpdateParameters,
    _ context: RESTContext
  ) async throws -> Response {
    let result = try await services.api.changeVectors(
      of: name, change, wait: parameters.wait, context.call(parameters.timeoutSeconds))
    return RESTResponse.ok(context) { $0.write(result) }
  }

  private func vectorName(_ context: RESTContext) throws(RESTError) -> String {
    let name = try context.pathParameter("vector_name")
    if let problem = QdrantAPI.RequestDecoder.problem(withVectorName: name) {
      throw .validation("path parameters", field: "vector_name", problem)
    }
    return name
  }
}

import Hummingbird
import PointModel
import QdrantAPI
import QdrantService

/// Every change to points. An answer is given when the change is durable and visible, whatever
/// `wait` says; `wait` only chooses the word. With `wait` and a `timeout` the answer comes when the
/// time is over, and the change goes on.
struct UpdatesController: Sendable {
  let services: RESTServices

  /// A handler of changes that `decode` reads.
  func update(_ decode: @escaping QdrantAPI.RequestDecoder.Decode<PointModel.Operation>)
    -> Route.Handler
  {
    { request, context in
      let name = try context.collectionName()
      let parameters = try UpdateParameters(request)
      let call = context.call(parameters.timeoutSeconds)
      return try await services.bodies.withValue(of: request, call, decodedBy: decode) {
        operation in
        let results = try await services.api.update(
          name, [operation], wait: parameters.wait, call)
        return RESTResponse.ok(context) { $0.write(results[0]) }
      }
    }
  }

  @Sendable func batch(_ request: Request, _ context: RESTContext) async throws -> Response {
    let name = try context.collectionName()
    let parameters = try UpdateParameters(request)
    let call = context.call(parameters.timeoutSeconds)
    let decode = QdrantAPI.RequestDecoder.batch
    return try await services.bodies.withValue(of: request, call, decodedBy: decode) { operations in
      let results = try await services.api.update(name, operations, wait: parameters.wait, call)
      return RESTResponse.ok(context) { $0.write(results) }
    }
  }
}

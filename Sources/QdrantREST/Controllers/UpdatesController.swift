import FastJSON
import HTTPTypes
import Hummingbird
import PointModel
import QdrantAPI
import VectorDB

/// Every change to points. An answer is given when the change is durable and visible, whatever
/// `wait` says; `wait` only chooses the word.
struct UpdatesController: Sendable {
  let services: RESTServices

  private typealias Decoder =
    @Sendable (UnsafeRawBufferPointer) throws(RequestError) -> PointModel.Operation

  func addRoutes(to router: Router<RESTContext>) {
    let points = "/collections/{collection_name}/points"
    let routes: [(HTTPRequest.Method, String, Decoder)] = [
      (.put, "", QdrantAPI.RequestDecoder.upsert),
      (.post, "/delete", QdrantAPI.RequestDecoder.deletePoints),
      (.post, "/payload", QdrantAPI.RequestDecoder.setPayload),
      (.put, "/payload", QdrantAPI.RequestDecoder.overwritePayload),
      (.post, "/payload/delete", QdrantAPI.RequestDecoder.deletePayload),
      (.post, "/payload/clear", QdrantAPI.RequestDecoder.clearPayload),
      (.put, "/vectors", QdrantAPI.RequestDecoder.updateVectors),
      (.post, "/vectors/delete", QdrantAPI.RequestDecoder.deleteVectors),
    ]
    for (method, path, decode) in routes {
      router.on(RouterPath(points + path), method: method) { request, context in
        try await update(request, context, decode)
      }
    }
    router.post(RouterPath(points + "/batch"), use: batch)
  }

  private func update(
    _ request: Request, _ context: RESTContext, _ decode: @escaping Decoder
  ) async throws -> Response {
    _ = try context.collectionName()
    let parameters = try UpdateParameters(request)
    return try await services.bodies.withValue(of: request, decodedBy: decode) { operation in
      let ids = try await services.collection(context).apply([operation])
      return RESTResponse.ok(context) {
        $0.write(UpdateResult(operationID: ids.last, status: parameters.status))
      }
    }
  }

  @Sendable private func batch(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    _ = try context.collectionName()
    let parameters = try UpdateParameters(request)
    let decode = QdrantAPI.RequestDecoder.batch
    return try await services.bodies.withValue(of: request, decodedBy: decode) { operations in
      let ids = try await services.collection(context).apply(operations)
      let results = ids.map { UpdateResult(operationID: $0, status: parameters.status) }
      return RESTResponse.ok(context) { $0.write(results) }
    }
  }
}

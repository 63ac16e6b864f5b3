import FastJSON
import HTTPTypes
import Hummingbird
import PointModel
import QdrantAPI
import VectorDB

/// Every change to points. An answer is given when the change is durable and visible, whatever
/// `wait` says; `wait` only chooses the word. With `wait` and a `timeout` the answer comes when the
/// time is over, and the change goes on.
struct UpdatesController: Sendable {
  let services: RESTServices

  typealias Decoder =
    @Sendable (UnsafeRawBufferPointer) throws(RequestError) -> PointModel.Operation

  /// A handler of changes that `decode` reads.
  func update(_ decode: @escaping Decoder) -> Route.Handler {
    { request, context in try await update(request, context, decode) }
  }

  private func update(
    _ request: Request, _ context: RESTContext, _ decode: @escaping Decoder
  ) async throws -> Response {
    _ = try context.collectionName()
    let parameters = try UpdateParameters(request)
    return try await services.bodies.withValue(of: request, decodedBy: decode) { operation in
      let results = try await results(of: [operation], context, parameters)
      return RESTResponse.ok(context) { $0.write(results[0]) }
    }
  }

  @Sendable func batch(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    _ = try context.collectionName()
    let parameters = try UpdateParameters(request)
    let decode = QdrantAPI.RequestDecoder.batch
    return try await services.bodies.withValue(of: request, decodedBy: decode) { operations in
      let results = try await results(of: operations, context, parameters)
      return RESTResponse.ok(context) { $0.write(results) }
    }
  }

  /// Applies the operations; those that are not done in time have no number yet.
  private func results(
    of operations: [PointModel.Operation], _ context: RESTContext, _ parameters: UpdateParameters
  ) async throws -> [UpdateResult] {
    let collection = try services.collection(context)
    let seconds = parameters.wait ? parameters.timeoutSeconds : nil
    let ids = try await PatientWork.outcome(within: seconds) {
      try await collection.apply(operations)
    }
    guard let ids else {
      return operations.map { _ in UpdateResult(operationID: nil, status: .waitTimeout) }
    }
    return ids.map { UpdateResult(operationID: $0, status: parameters.status) }
  }
}

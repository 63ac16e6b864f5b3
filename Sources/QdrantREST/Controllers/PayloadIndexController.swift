import FastJSON
import HTTPTypes
import Hummingbird
import PointModel
import QdrantAPI
import VectorDB

/// Indexes of payload fields: create and drop.
struct PayloadIndexController: Sendable {
  let services: RESTServices

  /// With `wait` the answer comes when filters use the index, or when the time is over; the field
  /// is durable either way.
  @Sendable func create(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let name = try context.collectionName()
    let parameters = try UpdateParameters(request)
    let decode = QdrantAPI.RequestDecoder.createPayloadIndex
    return try await services.bodies.withValue(of: request, decodedBy: decode) { index in
      let database = try services.database()
      let number = try await database.createPayloadIndex(of: name, at: index.path, index.schema)
      var status = parameters.status
      if parameters.wait {
        let collection = try database.collection(named: name)
        let isReady = try await wait(upTo: parameters.timeoutSeconds, context) {
          try await collection.awaitPayloadIndex(at: index.path)
        }
        if !isReady { status = .waitTimeout }
      }
      let result = UpdateResult(operationID: number, status: status)
      return RESTResponse.ok(context) { $0.write(result) }
    }
  }

  @Sendable func delete(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let name = try context.collectionName()
    let parameters = try UpdateParameters(request)
    let field = try context.pathParameter("field_name")
    guard let path = PayloadPath(field) else {
      throw RESTError(
        .badRequest, "Deserialize error in path parameters: Invalid json path: '\(field)'")
    }
    let number = try await services.database().deletePayloadIndex(of: name, at: path)
    return RESTResponse.ok(context) {
      $0.write(UpdateResult(operationID: number, status: parameters.status))
    }
  }

  /// Whether `body` ended within so many seconds.
  private func wait(
    upTo seconds: Int?, _ context: RESTContext, _ body: @escaping @Sendable () async throws -> Void
  ) async throws -> Bool {
    do {
      try await services.withDeadline(seconds, operation: "Create field index", context, body)
      return true
    } catch CollectionError.timedOut {
      return false
    }
  }
}

import HTTPTypes
import Hummingbird
import PointModel
import QdrantAPI
import VectorDB

/// Reading points by id, in pages, and counting them, in all and by values.
struct PointsController: Sendable {
  let services: RESTServices

  @Sendable func retrieve(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    _ = try context.collectionName()
    let parameters = try ReadParameters(request)
    let decode = QdrantAPI.RequestDecoder.retrieve
    return try await services.bodies.withValue(of: request, decodedBy: decode) { wanted in
      let collection = try services.collection(context, parameters)
      let seconds = parameters.timeoutSeconds
      let pages = try await services.withDeadline(seconds, operation: "Retrieve", context) {
        try await collection.retrievePages(
          wanted.ids, withPayload: wanted.withPayload, withVector: wanted.withVector)
      }
      return try await RESTResponse.ok(context, pages, as: .records)
    }
  }

  @Sendable func point(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    _ = try context.collectionName()
    let parameters = try ReadParameters(request)
    let text = try context.pathParameter("id")
    guard let id = QdrantAPI.RequestDecoder.pointID(text) else {
      throw RESTError(.badRequest, "Wrong input: Can not recognize \"\(text)\" as point id")
    }
    let collection = try services.collection(context, parameters)
    let seconds = parameters.timeoutSeconds
    let records = try await services.withDeadline(seconds, operation: "Retrieve", context) {
      try await collection.retrieve([id], withPayload: .all, withVector: .all)
    }
    guard let record = records.first else {
      throw RESTError(.notFound, "Not found: Point with id \(id) does not exists!")
    }
    return RESTResponse.ok(context) { $0.write(record) }
  }

  @Sendable func scroll(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    _ = try context.collectionName()
    let parameters = try ReadParameters(request)
    let decode = QdrantAPI.RequestDecoder.scroll
    return try await services.bodies.withValue(of: request, decodedBy: decode) { wanted in
      let collection = try services.collection(context, parameters)
      let seconds = parameters.timeoutSeconds
      let (pages, next) = try await services.withDeadline(seconds, operation: "Scroll", context) {
        try await collection.scrollPages(wanted)
      }
      return try await RESTResponse.ok(context, pages, as: .scroll(nextOffset: next))
    }
  }

  @Sendable func count(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    _ = try context.collectionName()
    let parameters = try ReadParameters(request)
    let decode = QdrantAPI.RequestDecoder.count
    return try await services.bodies.withValue(of: request, decodedBy: decode) { wanted in
      let collection = try services.collection(context, parameters)
      let seconds = parameters.timeoutSeconds
      let count = try await services.withDeadline(seconds, operation: "Count", context) {
        try await collection.count(wanted.filter, exact: wanted.exact)
      }
      return RESTResponse.ok(context) { $0.writeCount(count) }
    }
  }

  @Sendable func facet(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    _ = try context.collectionName()
    let parameters = try ReadParameters(request)
    let decode = QdrantAPI.RequestDecoder.facet
    return try await services.bodies.withValue(of: request, decodedBy: decode) { wanted in
      let collection = try services.collection(context, parameters)
      let seconds = parameters.timeoutSeconds
      let hits = try await services.withDeadline(seconds, operation: "Facet", context) {
        try await collection.facet(wanted)
      }
      return try await RESTResponse.ok(context, .facet(hits))
    }
  }
}

import Hummingbird
import PointModel
import QdrantAPI
import QdrantService
import TransportBase

/// Reading points by id, in pages, and counting them, in all and by values.
struct PointsController: Sendable {
  let services: RESTServices

  @Sendable func retrieve(_ request: Request, _ context: RESTContext) async throws -> Response {
    let (name, call) = try context.read(request)
    let decode = QdrantAPI.RequestDecoder.retrieve
    return try await services.bodies.withValue(of: request, call, decodedBy: decode) { wanted in
      let pages = try await services.api.retrieve(name, wanted, call)
      return try await RESTResponse.ok(context, pages, as: .records)
    }
  }

  @Sendable func point(_ request: Request, _ context: RESTContext) async throws -> Response {
    let (name, call) = try context.read(request)
    let text = try context.pathParameter(Route.pointID)
    guard let id = QdrantAPI.RequestDecoder.pointID(text) else {
      throw RESTError(.badRequest, "Wrong input: Can not recognize \"\(text)\" as point id")
    }
    let record = try await services.api.point(name, id, call)
    let answer = { @Sendable in RESTResponse.ok(context) { $0.write(record) } }
    return record.byteCount <= BlockingWork.bytesWorthAHop
      ? answer() : try await BlockingWork.run(answer)
  }

  @Sendable func scroll(_ request: Request, _ context: RESTContext) async throws -> Response {
    let (name, call) = try context.read(request)
    let decode = QdrantAPI.RequestDecoder.scroll
    return try await services.bodies.withValue(of: request, call, decodedBy: decode) { wanted in
      let (pages, next) = try await services.api.scroll(name, wanted, call)
      return try await RESTResponse.ok(context, pages, as: .scroll(nextOffset: next))
    }
  }

  @Sendable func count(_ request: Request, _ context: RESTContext) async throws -> Response {
    let (name, call) = try context.read(request)
    let decode = QdrantAPI.RequestDecoder.count
    return try await services.bodies.withValue(of: request, call, decodedBy: decode) { wanted in
      let count = try await services.api.count(name, wanted, call)
      return RESTResponse.ok(context) { $0.writeCount(count) }
    }
  }

  @Sendable func facet(_ request: Request, _ context: RESTContext) async throws -> Response {
    let (name, call) = try context.read(request)
    let decode = QdrantAPI.RequestDecoder.facet
    return try await services.bodies.withValue(of: request, call, decodedBy: decode) { wanted in
      let hits = try await services.api.facet(name, wanted, call)
      return try await RESTResponse.ok(context, .facet(hits))
    }
  }
}

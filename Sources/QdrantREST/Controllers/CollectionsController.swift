import FastJSON
import Hummingbird
import PointModel
import QdrantAPI
import QdrantService
import TransportBase
import VectorDB

/// Collections as wholes: list, create, describe, change, drop.
struct CollectionsController: Sendable {
  let services: RESTServices

  @Sendable func list(_ request: Request, _ context: RESTContext) async throws -> Response {
    let (api, call) = (services.api, context.call())
    // There may be ten thousand of them.
    return try await BlockingWork.run {
      let names = try api.collections(call)
      return RESTResponse.ok(context) { $0.writeCollections(names) }
    }
  }

  @Sendable func describe(_ request: Request, _ context: RESTContext) async throws -> Response {
    let found = try await services.api.describe(context.collectionName(), context.call())
    return RESTResponse.ok(context) { $0.write(CollectionInfoResponse(found)) }
  }

  @Sendable func optimizations(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let found = try await services.api.describe(
      context.collectionName(), context.call(), for: .getOptimizations)
    let report = try OptimizationsReport(found.info, request)
    return RESTResponse.ok(context) { report.write(to: &$0) }
  }

  @Sendable func memory(_ request: Request, _ context: RESTContext) async throws -> Response {
    let report = try await services.api.memory(of: context.collectionName(), context.call())
    return RESTResponse.ok(context) { $0.write(report) }
  }

  @Sendable func create(_ request: Request, _ context: RESTContext) async throws -> Response {
    let name = try context.collectionName(strict: true)
    let call = try context.call(CollectionParameters(request).timeoutSeconds)
    let decode = QdrantAPI.RequestDecoder.createCollection
    return try await services.bodies.withValue(of: request, call, decodedBy: decode) { config in
      try await services.api.create(name, config, call)
      return RESTResponse.ok(context) { $0.bool(true) }
    }
  }

  @Sendable func update(_ request: Request, _ context: RESTContext) async throws -> Response {
    let name = try context.collectionName()
    let call = try context.call(CollectionParameters(request).timeoutSeconds)
    let decode = QdrantAPI.RequestDecoder.updateCollection
    return try await services.bodies.withValue(of: request, call, decodedBy: decode) { change in
      try await services.api.update(name, change, call)
      return RESTResponse.ok(context) { $0.bool(true) }
    }
  }

  @Sendable func delete(_ request: Request, _ context: RESTContext) async throws -> Response {
    let name = try context.collectionName()
    let call = try context.call(CollectionParameters(request).timeoutSeconds)
    let existed = try await services.api.delete(name, call)
    return RESTResponse.ok(context) { $0.bool(existed) }
  }

  @Sendable func exists(_ request: Request, _ context: RESTContext) throws -> Response {
    let exists = try services.api.exists(context.collectionName(), context.call())
    return RESTResponse.ok(context) { $0.writeExists(exists) }
  }
}

extension CollectionInfoResponse {
  /// The wire form of what a collection reports of itself.
  init(_ description: CollectionDescription) {
    let info = description.info
    self.init(
      status: Status(rawValue: description.status.rawValue) ?? .red,
      optimizerError: description.problem, indexedVectorsCount: info.indexedVectorsCount,
      pointsCount: info.pointsCount, segmentsCount: info.segmentsCount, config: info.config,
      payloadSchema: .payloadSchema(info.payloadFields), updateQueueLength: info.updateQueueLength,
      indexes: info.indexes.compactMap(IndexReport.init))
  }
}

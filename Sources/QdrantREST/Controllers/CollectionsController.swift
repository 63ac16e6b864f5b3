import FastJSON
import Hummingbird
import PointModel
import QdrantAPI
import VectorDB

/// Collections as wholes: list, create, describe, change, drop.
struct CollectionsController: Sendable {
  let services: RESTServices

  @Sendable func list(_ request: Request, _ context: RESTContext) throws -> Response {
    let names = try services.database().collections.map(\.name)
    return RESTResponse.ok(context) { $0.writeCollections(names) }
  }

  @Sendable func describe(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let collection = try services.collection(context)
    // The points of every indexed field are counted.
    let info = try await BlockingWork.run { collection.info() }
    let problem = try services.database().failure ?? info.damage
    let isBusy = info.isIndexing || info.phase == .loading
    let answer = CollectionInfoResponse(
      status: problem != nil ? .red : isBusy ? .yellow : .green, optimizerError: problem,
      indexedVectorsCount: info.indexedVectorsCount, pointsCount: info.pointsCount,
      segmentsCount: info.segmentsCount, config: info.config,
      payloadSchema: Self.payloadSchema(info.payloadFields),
      updateQueueLength: info.updateQueueLength,
      indexes: info.indexes.compactMap(IndexReport.init))
    return RESTResponse.ok(context) { $0.write(answer) }
  }

  private static func payloadSchema(_ fields: [PayloadFieldInfo]) -> JSONObjectValue {
    var schema = JSONObjectValue()
    for field in fields {
      var entry = JSONObjectValue()
      entry["data_type"] = .string(field.schema.params.type.rawValue)
      if !field.schema.isTypeOnly { entry["params"] = .object(field.schema.params.json) }
      entry["points"] = .integer(Int64(field.pointsCount))
      schema[field.path.description] = .object(entry)
    }
    return schema
  }

  @Sendable func optimizations(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let collection = try services.collection(context)
    let info = try await BlockingWork.run { collection.info() }
    let report = try OptimizationsReport(info, request)
    return RESTResponse.ok(context) { report.write(to: &$0) }
  }

  /// Where the parts of a collection are: all of it is here.
  @Sendable func cluster(_ request: Request, _ context: RESTContext) throws -> Response {
    let pointsCount = try services.collection(context).info().pointsCount
    return RESTResponse.ok(context) { writer in
      writer.beginObject()
      writer.key("peer_id")
      writer.integer(0)
      writer.key("shard_count")
      writer.integer(1)
      writer.key("local_shards")
      writer.beginArray()
      writer.beginObject()
      writer.key("shard_id")
      writer.integer(0)
      writer.key("points_count")
      writer.integer(pointsCount)
      writer.key("state")
      writer.string("Active")
      writer.endObject()
      writer.endArray()
      for key in ["remote_shards", "shard_transfers"] {
        writer.key(key)
        writer.beginArray()
        writer.endArray()
      }
      writer.endObject()
    }
  }

  @Sendable func create(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let name = try context.collectionName(strict: true)
    _ = try CollectionParameters(request)
    let decode = QdrantAPI.RequestDecoder.createCollection
    return try await services.bodies.withValue(of: request, decodedBy: decode) { config in
      try await services.database().createCollection(named: name, config: config)
      return RESTResponse.ok(context) { $0.bool(true) }
    }
  }

  @Sendable func update(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let name = try context.collectionName()
    _ = try CollectionParameters(request)
    let decode = QdrantAPI.RequestDecoder.updateCollection
    return try await services.bodies.withValue(of: request, decodedBy: decode) { change in
      try await services.database().updateCollection(named: name, change: change)
      return RESTResponse.ok(context) { $0.bool(true) }
    }
  }

  @Sendable func delete(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let name = try context.collectionName()
    _ = try CollectionParameters(request)
    let existed = try await services.database().deleteCollection(named: name)
    return RESTResponse.ok(context) { $0.bool(existed) }
  }

  @Sendable func exists(_ request: Request, _ context: RESTContext) throws -> Response {
    let name = try context.collectionName()
    let exists: Bool
    do {
      _ = try services.database().collection(named: name)
      exists = true
    } catch let error as CollectionError {
      guard case .collectionNotFound = error else { throw error }
      exists = false
    }
    return RESTResponse.ok(context) { $0.writeExists(exists) }
  }
}

import FastJSON
import Hummingbird
import QdrantService
import Replication

/// What a server that is no cluster says of its peers and shards: of each collection it has the
/// only one, and nothing can be moved.
struct ClusterController: Sendable {
  let services: RESTServices

  @Sendable func status(_ request: Request, _ context: RESTContext) throws -> Response {
    try services.api.check(.clusterStatus, context.call())
    let replication = services.api.state.replication?.status
    return RESTResponse.ok(context) { writer in
      if let replication { return replication.writeCluster(to: &writer) }
      writer.beginObject()
      writer.key("status")
      writer.string("disabled")
      writer.endObject()
    }
  }

  /// Where the shards of all collections are.
  @Sendable func telemetry(_ request: Request, _ context: RESTContext) throws -> Response {
    let fields = QueryFields(request)
    _ = try fields.integer("details_level", minimum: 0)
    _ = try fields.integer("timeout", minimum: 1)
    let names = try services.api.clusterTelemetry(context.call())
    return RESTResponse.ok(context) { writer in
      writer.beginObject()
      writer.key("collections")
      writer.beginObject()
      for name in names {
        writer.key(name)
        writer.writeShards(of: name)
      }
      writer.endObject()
      writer.key("cluster")
      writer.beginObject()
      writer.key("enabled")
      writer.bool(false)
      writer.key("peers")
      writer.beginObject()
      writer.endObject()
      writer.endObject()
      writer.endObject()
    }
  }

  @Sendable func shards(_ request: Request, _ context: RESTContext) throws -> Response {
    let pointsCount = try services.api.pointsCount(of: context.collectionName(), context.call())
    return RESTResponse.ok(context) { $0.writeOnlyShard(pointsCount: pointsCount) }
  }

  @Sendable func shardKeys(_ request: Request, _ context: RESTContext) throws -> Response {
    try services.api.shardKeys(of: context.collectionName(), context.call())
    return RESTResponse.ok(context) { writer in
      writer.beginObject()
      writer.key("shard_keys")
      writer.null()
      writer.endObject()
    }
  }

  @Sendable func change(_ request: Request, _ context: RESTContext) throws -> Response {
    try services.api.changeCluster(
      of: context.collectionName(), context.action ?? .updateShards, context.call())
    return RESTResponse.ok(context) { $0.bool(true) }
  }

  @Sendable func recover(_ request: Request, _ context: RESTContext) throws -> Response {
    try services.api.recoverPeer(context.call())
    return RESTResponse.ok(context) { $0.bool(true) }
  }

  @Sendable func removePeer(_ request: Request, _ context: RESTContext) throws -> Response {
    let text = try context.pathParameter("peer_id")
    guard let peer = UInt64(text) else {
      throw RESTError(
        .badRequest, "Deserialize error in path parameters: can not parse \"\(text)\" to a u64")
    }
    let force = try QueryFields(request).bool("force") ?? false
    try services.api.removePeer(peer, force: force, context.call())
    return RESTResponse.ok(context) { $0.bool(true) }
  }
}

extension JSONWriter {
  /// Writes the only shard of a collection with its only replica.
  fileprivate mutating func writeShards(of name: String) {
    beginObject()
    key("id")
    string(name)
    key("shards")
    beginArray()
    beginObject()
    key("id")
    integer(SnapshotOwner.onlyShard)
    key("replicas")
    beginArray()
    beginObject()
    key("peer_id")
    integer(QdrantService.peer)
    key("state")
    string("Active")
    endObject()
    endArray()
    endObject()
    endArray()
    endObject()
  }

  /// Writes that all of a collection is here, in one part.
  fileprivate mutating func writeOnlyShard(pointsCount: Int) {
    beginObject()
    key("peer_id")
    integer(QdrantService.peer)
    key("shard_count")
    integer(1)
    key("local_shards")
    beginArray()
    beginObject()
    key("shard_id")
    integer(SnapshotOwner.onlyShard)
    key("points_count")
    integer(pointsCount)
    key("state")
    string("Active")
    endObject()
    endArray()
    for name: StaticString in ["remote_shards", "shard_transfers"] {
      key(name)
      beginArray()
      endArray()
    }
    endObject()
  }
}

import FastJSON
import Hummingbird
import QdrantAPI
import QdrantService
import TransportBase

/// What replicas of a shard ask of each other to get only what they lack. The rows of a collection
/// are one part, so what is lacking is all of it, or nothing.
extension SnapshotsController {
  /// What there is of a shard, and how new: any part of the only segment may have changed with the
  /// latest operation.
  @Sendable func manifest(_ request: Request, _ context: RESTContext) async throws -> Response {
    let (api, call) = (services.api, context.call())
    let (shard, name) = (try context.shard(), try context.collectionName())
    let manifest = try await BlockingWork.run { try api.manifest(ofShard: shard, of: name, call) }
    return RESTResponse.ok(context) { writer in
      writer.beginObject()
      writer.key(SnapshotOwner.onlySegment)
      writer.beginObject()
      writer.key("segment_id")
      writer.string(SnapshotOwner.onlySegment)
      writer.key("segment_version")
      writer.integer(manifest.version)
      writer.key("file_versions")
      writer.beginObject()
      for part in manifest.parts {
        writer.key(part)
        writer.integer(manifest.version)
      }
      writer.endObject()
      writer.endObject()
      writer.endObject()
    }
  }

  /// A snapshot of all of the shard, whatever the caller says that it has.
  @Sendable func partial(_ request: Request, _ context: RESTContext) async throws -> Response {
    let decode = QdrantAPI.RequestDecoder.snapshotManifest
    return try await services.bodies.withValue(of: request, context.call(), decodedBy: decode) {
      try await stream(request, context)
    }
  }

  /// Fetches from another server what its shard of the same number holds.
  @Sendable func recoverFromPeer(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let owner = try target(context)
    let (wait, shard) = try (wait(request), context.shard())
    let collection = context.escapedParameter("collection_name")
    let decode = QdrantAPI.RequestDecoder.recoverFromPeer
    return try await services.bodies.withValue(of: request, context.call(), decodedBy: decode) {
      recovery in
      var peer = recovery.peer
      while peer.last == "/" { peer.removeLast() }
      guard try isRemote(peer) else {
        throw RESTError(.badRequest, "Bad request: the peer `\(peer)` is no HTTP URL")
      }
      let location = "\(peer)/collections/\(collection)/shards/\(shard)/snapshot"
      let isDone = try await services.api.recover(
        owner, from: remote(location, apiKey: recovery.apiKey), checksum: nil, wait: wait,
        context.call())
      return isDone ? RESTResponse.ok(context) { $0.bool(true) } : RESTResponse.accepted(context)
    }
  }
}

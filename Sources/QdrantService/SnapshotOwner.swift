package import VectorDB

/// Whose snapshots a call is about.
public enum SnapshotOwner: Sendable, Equatable {
  /// The whole server's.
  case server
  /// A collection's, by its own name or an alias.
  case collection(String)
  /// Those of one shard of a collection. Every collection has one, which holds all of it: its
  /// snapshots are snapshots of the collection that are kept apart.
  case shard(UInt32, of: String)

  /// The name of the collection; `nil` for the whole server.
  var collection: String? {
    switch self {
    case .server: nil
    case .collection(let name), .shard(_, let name): name
    }
  }

  /// The same, of a collection by another name.
  func renamed(_ name: String) -> SnapshotOwner {
    switch self {
    case .server: self
    case .collection: .collection(name)
    case .shard(let shard, _): .shard(shard, of: name)
    }
  }

  /// The number of the only shard.
  public static let onlyShard: UInt32 = 0
  /// The name of its only segment.
  public static let onlySegment = "00000000-0000-4000-8000-000000000000"

  /// Where the snapshots are, and the name that they are under there.
  func place(
    in folder: SnapshotFolder
  ) throws(CollectionError) -> (folder: SnapshotFolder, name: String?) {
    switch self {
    case .server: (folder, nil)
    case .collection(let name): (folder, name)
    case .shard(let shard, let name): (try folder.shards(of: name), "\(shard)")
    }
  }
}

/// What is done with snapshots, among all that can be asked for.
extension SnapshotOwner {
  var listing: ServiceAction { pick(.listFullSnapshots, .listSnapshots, .listShardSnapshots) }
  var creation: ServiceAction { pick(.createFullSnapshot, .createSnapshot, .createShardSnapshot) }
  var deletion: ServiceAction { pick(.deleteFullSnapshot, .deleteSnapshot, .deleteShardSnapshot) }
  var download: ServiceAction {
    pick(.downloadFullSnapshot, .downloadSnapshot, .downloadShardSnapshot)
  }
  var recovery: ServiceAction { pick(.recoverSnapshot, .recoverSnapshot, .recoverShardSnapshot) }

  private func pick(
    _ server: ServiceAction, _ collection: ServiceAction, _ shard: ServiceAction
  ) -> ServiceAction {
    switch self {
    case .server: server
    case .collection: collection
    case .shard: shard
    }
  }
}

/// Where the snapshot is that a collection is to become.
package enum SnapshotSource: Sendable {
  /// The name of one of the owner's snapshots.
  case name(String)
  /// A file of this machine, which must be inside the folder of snapshots.
  case path(String)
  /// A file that is delivered, and removed when it has been read. It may be a long time coming.
  case delivered(@Sendable () async throws(ServiceError) -> SnapshotFile)
}

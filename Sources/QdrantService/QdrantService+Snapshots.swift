import OutageLogging
import Replication
public import VectorDB

/// Snapshots of a collection, of its shard, or of the whole server. Work that takes long goes on by
/// itself when the caller does not want to `wait`; what goes wrong then is logged.
extension QdrantService {
  /// The snapshots that there are, by name.
  public func snapshots(
    of owner: SnapshotOwner, _ call: ServiceCall
  ) async throws(ServiceError) -> [SnapshotDescription] {
    let owner = try found(owner, call, owner.listing)
    return try await blocking { [snapshotFolder] () throws(CollectionError) in
      let (folder, name) = try owner.place(in: snapshotFolder)
      return try folder.list(of: name)
    }
  }

  /// The work on snapshots of an owner that waits or goes on, the oldest first.
  public func snapshotProgress(
    of owner: SnapshotOwner, _ call: ServiceCall
  ) throws(ServiceError) -> [SnapshotProgress] {
    let owner = try found(owner, call, owner.listing)
    return try state.database().snapshotProgress.filter { $0.collection == owner.collection }
  }

  /// Makes a snapshot.
  ///
  /// - Returns: what was made; `nil` without `wait`.
  public func createSnapshot(
    of owner: SnapshotOwner, wait: Bool, _ call: ServiceCall
  ) async throws(ServiceError) -> SnapshotDescription? {
    let owner = try found(owner, call, owner.creation)
    let (database, folder) = (try state.database(), snapshotFolder)
    return try await finish("create", wait) { () async throws(CollectionError) in
      switch owner {
      case .server: try await database.createFullSnapshot(in: folder)
      case .collection(let name): try await database.createSnapshot(of: name, in: folder)
      case .shard(let shard, let name):
        try await database.createSnapshot(of: name, shard: shard, in: folder)
      }
    }
  }

  /// Deletes a snapshot.
  ///
  /// - Returns: whether it is gone; without `wait` it will be.
  public func deleteSnapshot(
    _ snapshot: String, of owner: SnapshotOwner, wait: Bool, _ call: ServiceCall
  ) async throws(ServiceError) -> Bool {
    let owner = try found(owner, call, owner.deletion)
    let (database, folder) = (try state.database(), snapshotFolder)
    let done: Void? = try await finish("delete", wait) { () async throws(CollectionError) in
      try await database.onReadThread { () throws(CollectionError) in
        let place = try owner.place(in: folder)
        try place.folder.delete(snapshot, of: place.name)
      }
    }
    return done != nil
  }

  /// Opens a snapshot to be sent, and tells its size in bytes.
  package func openSnapshot(
    _ snapshot: String, of owner: SnapshotOwner, _ call: ServiceCall
  ) async throws(ServiceError) -> (file: SnapshotFile, size: Int) {
    let owner = try found(owner, call, owner.download)
    return try await blocking { [snapshotFolder] () throws(CollectionError) in
      let place = try owner.place(in: snapshotFolder)
      let file = try place.folder.open(snapshot, of: place.name)
      return (file, try file.size())
    }
  }

  /// Makes a snapshot of a collection's shard to be sent and not to be kept, and tells its size in
  /// bytes.
  package func freshSnapshot(
    ofShard shard: UInt32, of name: String, _ call: ServiceCall
  ) async throws(ServiceError) -> (file: SnapshotFile, size: Int) {
    let owner = try found(.shard(shard, of: name), call, .streamShardSnapshot)
    let (database, snapshots) = (try state.database(), snapshotFolder)
    return try await engine { () async throws(CollectionError) in
      guard case .shard(_, let name) = owner else { throw .snapshotNotFound(name) }
      let file = try await database.unnamedSnapshot(of: name, in: snapshots)
      return (file, try file.size())
    }
  }

  /// The parts that a shard's snapshot is told to have, and the number of the latest operation that
  /// may have changed them.
  public func manifest(
    ofShard shard: UInt32, of name: String, _ call: ServiceCall
  ) throws(ServiceError) -> (parts: [String], version: UInt64) {
    let owner = try found(.shard(shard, of: name), call, .partialSnapshotManifest)
    let info = try collection(named: owner.collection ?? name, call).info()
    let vectors = info.vectors.map { vector in
      vector.name.isEmpty ? "vector_storage/" : "vector_storage-\(vector.name)/"
    }
    return (vectors + ["payload_storage/", "id_tracker"], info.operationsCount)
  }

  /// Refuses a caller that may not recover the collection, and a name that no collection may be
  /// given: before anything is delivered. A shard is recovered only in a collection that is there.
  /// Where another server takes changes, that is said.
  public func checkRecovery(
    of owner: SnapshotOwner, _ call: ServiceCall
  ) throws(ServiceError) {
    try precheck(owner.recovery, on: owner.collection, call.caller)
    try checkRecoversHere()
    _ = try recoveryTarget(owner)
  }

  /// Refuses what would fail when a snapshot has been delivered, and unseen where nobody waits.
  private func checkRecoversHere() throws(ServiceError) {
    guard let obstacle = state.replication?.obstacle else { return }
    throw .engine(
      .unavailable("\(obstacle); only the server that takes writes recovers snapshots"))
  }

  /// The owner by the collection's own name, for a caller who may recover it.
  private func recoveryTarget(_ owner: SnapshotOwner) throws(ServiceError) -> SnapshotOwner {
    let database = try state.database()
    guard case .collection(let name) = owner else { return try existing(owner) }
    if let existing = try? database.collection(named: name) { return .collection(existing.name) }
    try Self.check(newName: name)
    do throws(CollectionError) {
      try database.checkCollectionCount(for: name)
    } catch {
      throw .engine(error)
    }
    return owner
  }

  /// Makes a collection what a snapshot holds.
  ///
  /// - Parameter checksum: the SHA-256 that the snapshot must have, in hex.
  /// - Returns: whether it is done; without `wait` it will be.
  package func recover(
    _ owner: SnapshotOwner, from source: SnapshotSource, checksum: String?, wait: Bool,
    _ call: ServiceCall
  ) async throws(ServiceError) -> Bool {
    try admit(call, to: owner.recovery, on: owner.collection ?? "")
    try checkRecoversHere()
    let owner = try recoveryTarget(owner)
    let (database, path) = (try state.database(), try await path(of: source, owner))
    let target: String
    switch owner {
    case .server: throw .engine(.badRequest("a server is restored when it starts"))
    case .collection(let name), .shard(_, let name): target = name
    }
    let deliver: (@Sendable () async throws(ServiceError) -> SnapshotFile)? =
      if case .delivered(let deliver) = source { deliver } else { nil }
    let done: Void? = try await finish("recover", wait) { () async throws(ServiceError) in
      let file = try await deliver?()
      // What stays is removed with the next start.
      defer { if let file { _ = try? SnapshotFile.remove(file.path) } }
      try await engine { () async throws(CollectionError) in
        try await database.recoverCollection(
          named: target, from: file?.path ?? path, checksum: checksum)
      }
    }
    return done != nil
  }

  /// The file that a snapshot is in; empty for one that is yet to be delivered.
  private func path(
    of source: SnapshotSource, _ owner: SnapshotOwner
  ) async throws(ServiceError) -> String {
    switch source {
    case .delivered: return ""
    case .path(let path):
      return try await blocking { [snapshotFolder] () throws(CollectionError) in
        try snapshotFolder.resolve(path)
      }
    case .name(let name):
      return try await blocking { [snapshotFolder] () throws(CollectionError) in
        let place = try owner.place(in: snapshotFolder)
        return try place.folder.open(name, of: place.name).path
      }
    }
  }

  /// The owner by the collection's own name, which is there, for a caller who may do `action`.
  private func found(
    _ owner: SnapshotOwner, _ call: ServiceCall, _ action: ServiceAction
  ) throws(ServiceError) -> SnapshotOwner {
    if let name = owner.collection {
      let permitted = try admit(call, to: action, on: name)
      return try existing(owner.renamed(permitted))
    }
    try admit(call, to: action)
    return try existing(owner)
  }

  /// The owner by the collection's own name, which is there.
  private func existing(_ owner: SnapshotOwner) throws(ServiceError) -> SnapshotOwner {
    let database = try state.database()
    let name: String
    do throws(CollectionError) {
      guard let given = owner.collection else { return owner }
      name = try database.collection(named: given).name
    } catch {
      throw .engine(error)
    }
    switch owner {
    case .server: return owner
    case .collection: return .collection(name)
    case .shard(let shard, _):
      guard shard == SnapshotOwner.onlyShard else { throw .shardMissing(shard) }
      return .shard(shard, of: name)
    }
  }

  private func blocking<Value: Sendable>(
    _ work: @escaping @Sendable () throws(CollectionError) -> Value
  ) async throws(ServiceError) -> Value {
    let database = try state.database()
    return try await engine { () async throws(CollectionError) in
      try await database.onReadThread(work)
    }
  }

  private func finish<Value: Sendable>(
    _ what: String, _ wait: Bool,
    _ work: @escaping @Sendable () async throws(CollectionError) -> Value
  ) async throws(ServiceError) -> Value? {
    try await finish(what, wait) { () async throws(ServiceError) in try await engine(work) }
  }

  /// Does work whose outcome the caller waits for, or leaves it to itself: then the outcome is
  /// `nil`, and an error is logged.
  private func finish<Value: Sendable>(
    _ what: String, _ wait: Bool,
    _ work: @escaping @Sendable () async throws(ServiceError) -> Value
  ) async throws(ServiceError) -> Value? {
    if wait { return try await work() }
    Task.detached { [workNotes] in
      do throws(ServiceError) {
        _ = try await work()
      } catch {
        workNotes.failed(of: what, "\(error)", level: .error, ["work": "\(what)"])
      }
    }
    return nil
  }
}

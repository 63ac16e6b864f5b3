public import VectorDB

/// Where the snapshot is that a collection is to become.
package enum SnapshotSource: Sendable {
  /// A file of this machine, which must be inside the folder of snapshots.
  case path(String)
  /// A file that is delivered, and removed when it has been read. It may be a long time coming.
  case delivered(@Sendable () async throws(ServiceError) -> SnapshotFile)
}

/// Snapshots of a collection or, where its name is `nil`, of the whole server. Work that takes long
/// goes on by itself when the caller does not want to `wait`; what goes wrong then is logged.
extension QdrantService {
  /// The snapshots that there are, by name.
  public func snapshots(
    of name: String?, _ call: ServiceCall
  ) async throws(ServiceError) -> [SnapshotDescription] {
    let owner = try owner(name, call, .read)
    return try await blocking { [snapshotFolder] () throws(CollectionError) in
      try snapshotFolder.list(of: owner)
    }
  }

  /// Makes a snapshot.
  ///
  /// - Returns: what was made; `nil` without `wait`.
  public func createSnapshot(
    of name: String?, wait: Bool, _ call: ServiceCall
  ) async throws(ServiceError) -> SnapshotDescription? {
    let owner = try owner(name, call, name == nil ? .manage : .write)
    let (database, folder) = (try state.database(), snapshotFolder)
    return try await finish("create snapshot", wait) { () async throws(ServiceError) in
      try await engine { () async throws(CollectionError) in
        if let owner { return try await database.createSnapshot(of: owner, in: folder) }
        return try await database.createFullSnapshot(in: folder)
      }
    }
  }

  /// Deletes a snapshot.
  ///
  /// - Returns: whether it is gone; without `wait` it will be.
  public func deleteSnapshot(
    _ snapshot: String, of name: String?, wait: Bool, _ call: ServiceCall
  ) async throws(ServiceError) -> Bool {
    let owner = try owner(name, call, name == nil ? .manage : .write)
    return try await finish("delete snapshot", wait) { () async throws(ServiceError) in
      try await blocking { [snapshotFolder] () throws(CollectionError) in
        try snapshotFolder.delete(snapshot, of: owner)
        return true
      }
    } ?? false
  }

  /// Opens a snapshot to be sent, and tells its size in bytes.
  package func openSnapshot(
    _ snapshot: String, of name: String?, _ call: ServiceCall
  ) async throws(ServiceError) -> (file: SnapshotFile, size: Int) {
    let owner = try owner(name, call, .read)
    return try await blocking { [snapshotFolder] () throws(CollectionError) in
      let file = try snapshotFolder.open(snapshot, of: owner)
      return (file, try file.size())
    }
  }

  /// Refuses a caller that may not recover the collection `name`, or a name that no collection may
  /// be given: before anything is delivered.
  ///
  /// - Returns: the collection's own name.
  @discardableResult
  public func recoveryTarget(
    _ name: String, _ call: ServiceCall
  ) throws(ServiceError) -> String {
    let database = try database(call, .manage, on: name)
    if let existing = try? database.collection(named: name) { return existing.name }
    try Self.check(newName: name)
    return name
  }

  /// Makes a collection what a snapshot holds.
  ///
  /// - Parameter checksum: the SHA-256 that the snapshot must have, in hex.
  /// - Returns: whether it is done; without `wait` it will be.
  package func recover(
    _ name: String, from source: SnapshotSource, checksum: String?, wait: Bool,
    _ call: ServiceCall
  ) async throws(ServiceError) -> Bool {
    let target = try recoveryTarget(name, call)
    let database = try state.database()
    let open: @Sendable () async throws(ServiceError) -> (path: String, file: SnapshotFile?)
    switch source {
    case .path(let path):
      let resolved = try await blocking { [snapshotFolder] () throws(CollectionError) in
        try snapshotFolder.resolve(path)
      }
      open = { () async throws(ServiceError) in (resolved, nil) }
    case .delivered(let deliver):
      open = { () async throws(ServiceError) in
        let file = try await deliver()
        return (file.path, file)
      }
    }
    return try await finish("recover snapshot", wait) { () async throws(ServiceError) in
      let (path, file) = try await open()
      // What stays is removed with the next start.
      defer { if let file { _ = try? SnapshotFile.remove(file.path) } }
      try await engine { () async throws(CollectionError) in
        try await database.recoverCollection(named: target, from: path, checksum: checksum)
      }
      return true
    } ?? false
  }

  /// The own name of the collection whose snapshots a call is about; `nil` for the server's.
  private func owner(
    _ name: String?, _ call: ServiceCall, _ requirement: Requirement
  ) throws(ServiceError) -> String? {
    if let name { return try collection(name, call, requirement).name }
    _ = try database(call, requirement)
    return nil
  }

  private func blocking<Value: Sendable>(
    _ work: @escaping @Sendable () throws(CollectionError) -> Value
  ) async throws(ServiceError) -> Value {
    let database = try state.database()
    return try await engine { () async throws(CollectionError) in
      try await database.onReadThread(work)
    }
  }

  /// Does work whose outcome the caller waits for, or leaves it to itself: then the outcome is
  /// `nil`, and an error is logged.
  private func finish<Value: Sendable>(
    _ what: String, _ wait: Bool,
    _ work: @escaping @Sendable () async throws(ServiceError) -> Value
  ) async throws(ServiceError) -> Value? {
    if wait { return try await work() }
    Task.detached { [logger] in
      do throws(ServiceError) {
        _ = try await work()
      } catch {
        logger.error("snapshot work failed", metadata: ["work": "\(what)", "reason": "\(error)"])
      }
    }
    return nil
  }
}

import Glibc
import ObjectStorage
package import VectorDB

/// Puts snapshots of one open database into the store: tables that an earlier one put there are not
/// carried again. See <doc:Replication>.
package actor SnapshotShipper {
  /// What a snapshot took.
  package struct Report: Sendable {
    /// What is in the store.
    package var snapshot: StoredSnapshot
    /// Whether it was there already, with all that the database holds.
    package var wasThere = false
    /// Parts that were carried.
    package var newParts = 0
    /// Their bytes.
    package var newBytes = 0
  }

  /// A file as long as it is not written: tables never are.
  private struct FileIdentity: Hashable {
    let inode: UInt64
    let bytes: Int
    let seconds: Int
    let nanoseconds: Int
  }

  private let log: ObjectLog
  private let shelf: SnapshotShelf
  private let wall: @Sendable () -> UInt64
  /// After which what was seen in the store is looked at again.
  private let trust: Duration
  /// The parts of tables that were read.
  private var tables: [FileIdentity: [StoredPart]] = [:]

  /// Snapshots of one database, for its log.
  ///
  /// - Parameters:
  ///   - wall: milliseconds since 1970.
  ///   - trust: the time that what was seen in the store counts, far below the garbage's grace.
  package init(
    _ log: ObjectLog, trust: Duration = .seconds(60),
    wall: @escaping @Sendable () -> UInt64 = WallClock.milliseconds
  ) {
    self.log = log
    self.shelf = SnapshotShelf(log)
    self.trust = trust
    self.wall = wall
  }

  /// Takes a snapshot as of now. One call at a time.
  ///
  /// - Parameter segment: the last of the log that the database holds wholly.
  /// - Throws: ``BackupError/numberTaken(_:)`` when a snapshot after this segment holds less than
  ///   the database does.
  package func take(
    of database: Database, after segment: UInt64
  ) async throws(BackupError) -> Report {
    if let old = try await shelf.read(segment) {
      guard old.entry >= database.lastEntry else { throw .numberTaken(segment) }
      return Report(snapshot: old, wasThere: true)
    }
    let checkpoint: DatabaseCheckpoint
    do throws(CollectionError) {
      checkpoint = try await database.checkpoint()
    } catch {
      throw BackupError(error)
    }
    do throws(BackupError) {
      let report = try await put(checkpoint, after: segment)
      checkpoint.remove()
      return report
    } catch {
      checkpoint.remove()
      throw error
    }
  }

  private func put(
    _ checkpoint: DatabaseCheckpoint, after segment: UInt64
  ) async throws(BackupError) -> Report {
    let takenAt = wall()
    let files = checkpoint.files.map { (name: $0, path: checkpoint.path + "/" + $0) }
    var identities: [String: FileIdentity] = [:]
    for file in files where file.name.hasSuffix(".sst") {
      identities[file.path] = try Self.identity(of: file.path)
    }
    let lookedAt = ContinuousClock.now
    let known = try await knownParts()
    let uploaded = try await PartTransfer(store: log.store).upload(
      files, known: known, read: identities.compactMapValues { tables[$0] })
    tables = [:]
    for (file, stored) in zip(files, uploaded.files) {
      if let identity = identities[file.path] { tables[identity] = stored.parts }
    }
    let snapshot = StoredSnapshot(
      segment: segment, entry: checkpoint.entry, takenAt: takenAt,
      storageFormat: DatabaseCheckpoint.storageFormat, files: uploaded.files)
    try await create(snapshot)
    if ContinuousClock.now - lookedAt > trust { try await requireComplete(snapshot) }
    return Report(
      snapshot: snapshot, newParts: uploaded.newParts, newBytes: uploaded.newBytes)
  }

  /// Parts that the newest snapshot names and that are there: while it is, they stay.
  private func knownParts() async throws(BackupError) -> Set<StoredPart> {
    let keys = try await shelf.partKeys()
    guard let newest = try await shelf.newest(where: { _ in true }) else { return [] }
    return newest.parts.filter { keys.contains($0.key) }
  }

  private func create(_ snapshot: StoredSnapshot) async throws(BackupError) {
    let bytes = snapshot.encoded()
    let key = LogKey.snapshot(snapshot.segment)
    var outcome: CreateOutcome?
    var failure: ObjectStoreError?
    do throws(ObjectStoreError) {
      outcome = try await log.store.create(key, bytes)
    } catch {
      failure = error
    }
    if case .created? = outcome { return }
    // It may be there although no answer came.
    let found = try await log.store.ask { store async throws(ObjectStoreError) in
      try await store.get(key)
    }
    if found?.bytes == bytes { return }
    if let failure { throw BackupError(failure) }
    throw .numberTaken(snapshot.segment)
  }

  /// Takes a snapshot back if parts of it were removed before it was known that it needs them.
  private func requireComplete(_ snapshot: StoredSnapshot) async throws(BackupError) {
    if shelf.isComplete(snapshot, try await shelf.partKeys()) { return }
    try await log.store.ask { store async throws(ObjectStoreError) in
      try await store.delete(LogKey.snapshot(snapshot.segment))
    }
    throw .store("parts of snapshot \(snapshot.segment) were removed while it was taken")
  }

  private static func identity(of path: String) throws(BackupError) -> FileIdentity {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw .database("\(path) can't be looked at: error \(errno)")
    }
    return FileIdentity(
      inode: UInt64(status.st_ino), bytes: Int(status.st_size), seconds: status.st_mtim.tv_sec,
      nanoseconds: status.st_mtim.tv_nsec)
  }
}

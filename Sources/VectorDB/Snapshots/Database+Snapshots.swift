import Storage
import Synchronization

extension Database {
  /// Writes a snapshot of a collection, as of now, into `folder`. Writes go on meanwhile.
  ///
  /// - Parameter shard: the shard that it is a snapshot of, which holds all of the collection.
  public func createSnapshot(
    of name: String, shard: UInt32? = nil, in folder: SnapshotFolder
  ) async throws(CollectionError) -> SnapshotDescription {
    let collection = try collection(named: name)
    await collection.awaitLoading()
    let progress = SnapshotProgress(.create, of: collection.name)
    return try await snapshots.run(progress) { flag throws(CollectionError) in
      let archive = CollectionArchive(
        collection: collection.current, flag: flag, progress: progress)
      guard let shard else {
        return try folder.create(of: name) { file throws(CollectionError) in
          try archive.write(to: file)
        }
      }
      return try folder.shards(of: name).create(of: "\(shard)", prefix: "\(name)-shard-\(shard)") {
        file throws(CollectionError) in try archive.write(to: file)
      }
    }
  }

  /// Writes a snapshot of a collection, as of now, into a file in `folder` that has no name any
  /// more: it is gone when it is let go of.
  package func unnamedSnapshot(
    of name: String, in folder: SnapshotFolder
  ) async throws(CollectionError) -> SnapshotFile {
    let collection = try collection(named: name)
    await collection.awaitLoading()
    let progress = SnapshotProgress(.create, of: collection.name)
    return try await snapshots.run(progress) { flag throws(CollectionError) in
      let written = try folder.createUpload()
      // What can't be removed is removed with the next start.
      defer { _ = try? SnapshotFile.remove(written.path) }
      let archive = CollectionArchive(
        collection: collection.current, flag: flag, progress: progress)
      _ = try archive.write(to: written)
      return try SnapshotFile.read(written.path)
    }
  }

  /// Writes a snapshot of the whole data directory, as of now, into `folder`. Writes go on
  /// meanwhile.
  public func createFullSnapshot(
    in folder: SnapshotFolder
  ) async throws(CollectionError) -> SnapshotDescription {
    let store = core.store
    let progress = SnapshotProgress(.create, of: nil)
    return try await snapshots.run(progress) { flag throws(CollectionError) in
      try folder.create(of: nil) { file throws(CollectionError) in
        try DatabaseArchive.write(
          store, to: file, scratch: folder.newScratch(), flag: flag, progress: progress)
      }
    }
  }

  /// Makes the collection `name` what the snapshot at `path` holds; it is created when there is
  /// none. Until the end everybody sees the old one, whatever happens.
  ///
  /// - Parameter checksum: the SHA-256 that the file must have, in hex.
  /// - Throws: ``CollectionError/badRequest(_:)`` when the file is damaged, or does not fit the
  ///   collection that is there.
  public func recoverCollection(
    named name: String, from path: String, checksum: String? = nil
  ) async throws(CollectionError) {
    try await recoverCollection(named: name, from: path, checksum: checksum, fault: nil)
  }

  /// ``recoverCollection(named:from:checksum:)`` that may be made to fail.
  package func recoverCollection(
    named name: String, from path: String, checksum: String?, fault: RecoveryFault?
  ) async throws(CollectionError) {
    try await recoverCollection(
      named: name, from: path, checksum: checksum, fault: fault, origin: .caller)
  }

  func recoverCollection(
    named name: String, from path: String, checksum: String?, fault: RecoveryFault?,
    origin: ChangeOrigin
  ) async throws(CollectionError) {
    let (core, catalog, work) = (core, catalog, snapshots)
    let progress = SnapshotProgress(.recover, of: name)
    try await snapshots.run(progress) { flag throws(CollectionError) in
      let recovery = CollectionRecovery(
        core: core, catalog: catalog, flag: flag, progress: progress, fault: fault,
        origin: origin)
      guard let old = try recovery.run(name, from: path, checksum: checksum) else { return }
      old.state.withLock { $0.replacedRows = ReplacedRows(old.number, core, work) }
    }
  }

  /// Unpacks a snapshot of a whole server into `directory`, which must be missing or empty and is
  /// what ``open(at:options:logger:)`` may open then. Blocking.
  ///
  /// - Throws: ``CollectionError/wrongInput(_:)`` when the directory is not empty, and
  ///   ``CollectionError/badRequest(_:)`` when the file is damaged or holds something else.
  public static func restore(
    snapshot path: String, into directory: String
  ) throws(CollectionError) {
    try DatabaseArchive.restore(path, into: directory)
  }

  /// Whether a newer release wrote the snapshot at `path`, which this one can't restore. Blocking.
  public static func isNewer(snapshot path: String) -> Bool { SnapshotReader.isNewer(path) }
}

/// Removes the rows of a collection that was replaced, once nobody reads them any more: it is kept
/// by the collection, which every read keeps. What a closed database leaves is removed when it is
/// opened.
final class ReplacedRows: Sendable {
  private let number: UInt32
  private let core: DatabaseCore
  private let work: SnapshotWork

  init(_ number: UInt32, _ core: DatabaseCore, _ work: SnapshotWork) {
    self.number = number
    self.core = core
    self.work = work
  }

  deinit {
    work.later { [number, core] in OrphanRanges(core: core).remove(number) }
  }
}

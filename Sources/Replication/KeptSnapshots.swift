import FastJSON
import ObjectStorage
package import VectorDB

/// Snapshots of collections that entries of the log refer to, in the store.
package struct KeptSnapshots: Sendable {
  private let store: any ObjectStore
  private let wall: @Sendable () -> UInt64

  /// What the keys of their manifests begin with.
  static let prefix = "kept/"

  /// What a manifest says.
  struct Manifest: Sendable {
    /// When it was kept, in milliseconds since 1970.
    var keptAt: UInt64
    var file: StoredFile
  }

  /// Those of a log.
  ///
  /// - Parameter wall: milliseconds since 1970.
  package init(_ log: ObjectLog, wall: @escaping @Sendable () -> UInt64 = WallClock.milliseconds) {
    store = log.store
    self.wall = wall
  }

  /// Puts the file at `path` into the store, for entries that refer to it by its checksum.
  package func keep(at path: String, checksum: String) async throws(BackupError) {
    let keys = Set(try await store.keys(StoredPart.prefix))
    // What is there and known to no manifest may be about to go.
    let old = try await manifest(checksum)
    let known = (old?.file.parts ?? []).filter { keys.contains($0.key) }
    let uploaded = try await PartTransfer(store: store).upload(
      [(name: checksum, path: path)], known: Set(known))
    let bytes = CheckedNote.encoded { writer in
      writer.key("kept_at")
      writer.integer(wall())
      writer.key("file")
      for file in uploaded.files { file.write(to: &writer) }
    }
    try await store.ask { store async throws(ObjectStoreError) in
      try await store.put(Self.prefix + checksum, bytes)
    }
  }

  /// ``keep(at:checksum:)`` on a thread that may block, with the engine's errors.
  package func keepBlocking(at path: String, checksum: String) throws(CollectionError) {
    try BlockingCall.run { () async throws(CollectionError) in
      do throws(BackupError) {
        try await keep(at: path, checksum: checksum)
      } catch {
        throw .storage("the snapshot can't be kept for the log: \(error)")
      }
    }
  }

  /// Writes the snapshot with this checksum into `directory`, which must have none of its name.
  ///
  /// - Returns: the file's path.
  package func fetch(
    _ checksum: String, into directory: String
  ) async throws(BackupError) -> String {
    guard let manifest = try await manifest(checksum) else {
      throw .damaged("\(Self.prefix)\(checksum) is missing in the store, which the log refers to")
    }
    try await PartTransfer(store: store).download([manifest.file], into: directory)
    return directory + "/" + manifest.file.name
  }

  /// The checksums of all.
  func checksums() async throws(BackupError) -> [String] {
    try await store.keys(Self.prefix).map { String($0.dropFirst(Self.prefix.count)) }
  }

  /// What is known of the one with this checksum; `nil` when it is not there.
  func manifest(_ checksum: String) async throws(BackupError) -> Manifest? {
    guard StoredPart.isChecksum(checksum) else {
      throw .damaged("`\(checksum)` is no checksum of a snapshot")
    }
    let key = Self.prefix + checksum
    let object = try await store.ask { store async throws(ObjectStoreError) in
      try await store.get(key)
    }
    guard let object else { return nil }
    let note = try CheckedNote.decoded(object.bytes, key).root.object
    guard let keptAt = note?["kept_at"]?.uint64, let file = note?["file"].flatMap(StoredFile.init),
      file.name == checksum
    else { throw .damaged("\(key) is incomplete") }
    return Manifest(keptAt: keptAt, file: file)
  }

  /// Removes the one with this checksum, but not its parts.
  func remove(_ checksum: String) async throws(BackupError) {
    try await store.ask { store async throws(ObjectStoreError) in
      try await store.delete(Self.prefix + checksum)
    }
  }
}

import Storage

/// The files of a database as they are after one commit, for whoever carries them elsewhere: links
/// to its tables, which never change, and copies of what is small.
package struct DatabaseCheckpoint: Sendable {
  /// The directory of the files, inside of the database's.
  package let path: String
  /// The last entry of the log that is in them.
  package let entry: UInt64
  /// The files' names.
  package let files: [String]

  /// The format of what is stored, see <doc:StorageFormat>.
  package static let storageFormat = KeyLayout.format

  private static func path(of database: String) -> String { database + "/.checkpoint" }

  /// Removes the files. Blocking.
  package func remove() { SnapshotFile.removeDirectory(path) }

  /// Removes what a process that was killed left behind.
  static func removeLeftover(of database: String) {
    SnapshotFile.removeDirectory(path(of: database))
  }

  /// Makes the checkpoint of an open store, in the place of an earlier one. Blocking.
  init(_ store: KeyValueStore) throws(CollectionError) {
    path = Self.path(of: store.path)
    SnapshotFile.removeDirectory(path)
    do {
      try store.checkpoint(at: path)
      // Reading adds a file, which is none of the database's.
      files = try (SnapshotFile.names(in: path) ?? []).filter { $0 != "LOG" }
      // The store may be ahead of what is published, so its own word counts.
      let applied = try KeyValueStore.value(
        of: KeyLayout.appliedKey, in: KeyLayout.meta, ofCheckpoint: path)
      entry = try CatalogLoader.applied(applied).entry
    } catch {
      SnapshotFile.removeDirectory(path)
      switch error {
      case let error as CollectionError: throw error
      case let error as StorageError: throw CollectionError(error)
      default: throw .damaged(String(describing: error))
      }
    }
  }
}

extension Database {
  /// Makes a checkpoint of the database as of now, in the place of an earlier one, when the
  /// snapshots that were asked for before are done. Writes go on meanwhile.
  package func checkpoint() async throws(CollectionError) -> DatabaseCheckpoint {
    let store = core.store
    return try await snapshots.run(SnapshotProgress(.create, of: nil)) {
      _ throws(CollectionError) in try DatabaseCheckpoint(store)
    }
  }
}

import ObjectStorage

/// The snapshots of a log, to be read. Calls may be made from any task.
package struct SnapshotShelf: Sendable {
  /// The log that they are of.
  package let log: ObjectLog

  /// The snapshots of `log`.
  package init(_ log: ObjectLog) { self.log = log }

  /// The numbers of the segments after which there are snapshots, ascending.
  package func numbers() async throws(BackupError) -> [UInt64] {
    try await log.store.keys(LogKey.snapshots).map { key throws(BackupError) in
      guard let number = LogKey.number(key, in: LogKey.snapshots) else {
        throw .damaged("\(key) is no key of a snapshot")
      }
      return number
    }
  }

  /// The manifest of the snapshot after a segment; `nil` when there is none.
  package func read(_ number: UInt64) async throws(BackupError) -> StoredSnapshot? {
    let object = try await log.store.ask { store async throws(ObjectStoreError) in
      try await store.get(LogKey.snapshot(number))
    }
    return try object.map { object throws(BackupError) in
      try StoredSnapshot(decoding: object.bytes, segment: number)
    }
  }

  /// The newest snapshot that fits; `nil` when none does. One that vanishes meanwhile does not
  /// count.
  package func newest(
    where fits: (StoredSnapshot) -> Bool
  ) async throws(BackupError) -> StoredSnapshot? {
    for number in try await numbers().reversed() {
      if let snapshot = try await read(number), fits(snapshot) { return snapshot }
    }
    return nil
  }

  /// The keys of all parts in the store.
  func partKeys() async throws(BackupError) -> Set<String> {
    Set(try await log.store.keys(StoredPart.prefix))
  }

  /// Whether all parts of a snapshot are among `keys`.
  func isComplete(_ snapshot: StoredSnapshot, _ keys: Set<String>) -> Bool {
    snapshot.files.allSatisfy { file in file.parts.allSatisfy { keys.contains($0.key) } }
  }
}

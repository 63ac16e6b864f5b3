package import SharedLog
package import VectorDB

/// Brings commits of a log into a database that follows it.
package struct LogApplier: Sendable {
  private let log: ObjectLog
  private let database: Database
  private let scratch: String

  /// Applies what `log` says to `database`, which nobody else changes meanwhile.
  ///
  /// - Parameter scratch: a directory for snapshots that entries refer to, while they are applied.
  package init(log: ObjectLog, database: Database, scratch: String) {
    self.log = log
    self.database = database
    self.scratch = scratch
  }

  /// Applies a segment; entries that the database holds already are passed over.
  ///
  /// - Throws: ``ReplicationError/foreign(_:)`` when an entry before it is missing,
  ///   ``ReplicationError/damaged(_:)`` when it can't be applied, ``ReplicationError/store(_:)``
  ///   when the database takes no changes now.
  package func apply(_ segment: LogSegment) async throws(ReplicationError) {
    for item in segment.items where item.entry > database.lastEntry {
      try await apply(item, of: segment.number)
    }
  }

  /// Applies one commit of the segment of this number.
  package func apply(_ item: LogItem, of segment: UInt64) async throws(ReplicationError) {
    let place = "entry \(item.entry) in segment \(segment)"
    do throws(LogError) {
      let entry = try LogEntry(decoding: item.bytes)
      guard entry.number == item.entry else {
        throw .damaged("it says that it is entry \(entry.number)")
      }
      try await database.apply(entry) { checksum async throws(CollectionError) in
        do throws(BackupError) {
          return try await fetch(checksum)
        } catch {
          throw .storage(error.description)
        }
      }
      SnapshotFile.removeDirectory(scratch)
    } catch {
      SnapshotFile.removeDirectory(scratch)
      switch error {
      case .outOfOrder(let expected, _):
        throw .foreign("\(place) does not follow entry \(expected - 1) of the database")
      case .mismatch(let what):
        throw .foreign("\(place) does not fit the database: \(what)")
      case .truncated: throw .damaged("\(place) ends before its end")
      case .damaged(let what): throw .damaged("\(place) is damaged: \(what)")
      case .newer(let what): throw .newer("\(place) can't be read: \(what)")
      case .refused(let reason): throw .store("\(place) was refused: \(reason)")
      }
    }
  }

  /// Brings a snapshot here that an entry refers to.
  private func fetch(_ checksum: String) async throws(BackupError) -> String {
    try await PartTransfer.onThread { [scratch] () throws(CollectionError) in
      SnapshotFile.removeDirectory(scratch)
      try SnapshotFile.createDirectory(scratch)
    }
    return try await KeptSnapshots(log).fetch(checksum, into: scratch)
  }
}

package import Logging
import ObjectStorage
import SharedLog
import VectorDB

/// A state of a database that can be restored.
package enum PointInTime: Sendable, Equatable {
  /// The last that the log has.
  case latest
  /// After the entry of this number.
  case entry(UInt64)
  /// After what had been committed by this time, in milliseconds since 1970.
  case moment(UInt64)

  fileprivate func includes(_ snapshot: StoredSnapshot) -> Bool {
    switch self {
    case .latest: true
    case .entry(let number): snapshot.entry <= number
    case .moment(let time): snapshot.takenAt <= time
    }
  }

  func includes(_ item: LogItem) -> Bool {
    switch self {
    case .latest: true
    case .entry(let number): item.entry <= number
    case .moment(let time): item.committedAt <= time
    }
  }
}

/// Makes a data directory of the newest snapshot before a point in time and the log after it.
///
/// All that is read is compared with its checksums. The directory becomes one of a database in the
/// last step: what is interrupted leaves one that is none, and may be begun again.
package struct DatabaseRestore: Sendable {
  /// What was restored.
  package struct Report: Sendable {
    /// The last entry that is in the database.
    package var entry: UInt64 = 0
    /// The last segment of which entries were looked at.
    package var segment: UInt64 = 0
    /// What it began with; `nil` for nothing.
    package var snapshot: StoredSnapshot?
    /// Entries of the log after the snapshot.
    package var entries = 0
    /// When the last of these was committed, in milliseconds since 1970.
    package var committedAt: UInt64?
    /// How many collections there are.
    package var collections = 0
    /// How many points they have together.
    package var points = 0
  }

  private let log: ObjectLog
  private let directory: String
  private let point: PointInTime
  private let replaces: Bool
  private let logger: Logger

  /// Where it is made, in the directory.
  static let scratch = ".restoring"

  /// A restoration of what `log` is of, into `directory`.
  ///
  /// - Parameter replaces: whether what is in the directory is removed when all is there that takes
  ///   its place; else it must be missing or empty.
  package init(
    _ log: ObjectLog, to directory: String, at point: PointInTime, replaces: Bool = false,
    logger: Logger
  ) {
    self.log = log
    self.replaces = replaces
    self.directory = directory
    self.point = point
    self.logger = logger
  }

  /// Restores it.
  package func run() async throws(BackupError) -> Report {
    let scratch = directory + "/" + Self.scratch
    let occupant = try await PartTransfer.onThread {
      [directory, replaces] () throws(CollectionError) in
      try Self.prepare(directory, scratch, replaces: replaces)
    }
    if let occupant, !replaces {
      throw .occupied(
        "\(directory) is not empty, it has \(occupant): a database is restored into an empty one "
          + "only")
    }
    var report = Report()
    do throws(BackupError) {
      report = try await fill(scratch)
    } catch {
      _ = try? await PartTransfer.onThread { () throws(CollectionError) in
        SnapshotFile.removeDirectory(scratch)
      }
      throw error
    }
    try await PartTransfer.onThread { [directory] () throws(CollectionError) in
      try Self.clear(directory)
      try Self.publish(scratch, in: directory)
    }
    return report
  }

  private func fill(_ scratch: String) async throws(BackupError) -> Report {
    let begin = try await beginning()
    if let begin {
      logger.notice("reading snapshot \(begin.segment)", metadata: ["bytes": "\(begin.bytes)"])
      try await PartTransfer(store: log.store).download(begin.files, into: scratch)
    }
    let database = try await Self.open(scratch, logger)
    let replay = LogReplay(log, into: database, scratch: scratch, until: point)
    do throws(BackupError) {
      var report = try await replay.run(after: begin?.segment ?? 0)
      report.snapshot = begin
      await database.close()
      if point == .latest { try await note(report, in: scratch) }
      return report
    } catch {
      await database.close()
      throw error
    }
  }

  /// Notes whose log it is, for a server that goes on with it.
  private func note(_ report: Report, in scratch: String) async throws(BackupError) {
    let owner: LogOwner?
    do throws(SharedLogError) {
      owner = try await log.owner()
    } catch {
      throw BackupError(error)
    }
    guard let owner else { return }
    let record = ReplicationRecord(
      database: owner.database, log: owner.log,
      position: LogPosition(segment: report.segment, entry: report.entry), writers: [],
      isWhole: true)
    try await PartTransfer.onThread { () throws(CollectionError) in
      do throws(ReplicationError) {
        try record.save(to: scratch)
      } catch {
        throw .storage(error.description)
      }
    }
  }

  /// The snapshot to begin with; `nil` to begin with the first segment.
  private func beginning() async throws(BackupError) -> StoredSnapshot? {
    let shelf = SnapshotShelf(log)
    let floor: UInt64
    let isLog: Bool
    do throws(SharedLogError) {
      floor = try await log.floor().number
      isLog = try await log.owner() != nil
    } catch {
      throw BackupError(error)
    }
    // What lies below the floor is there for a while yet, and the log after it is not.
    let isKept = { (segment: UInt64) in segment + 1 >= floor }
    let snapshot = try await shelf.newest { isKept($0.segment) && point.includes($0) }
    if let snapshot {
      guard snapshot.storageFormat <= DatabaseCheckpoint.storageFormat else {
        throw .newer(
          "snapshot \(snapshot.segment) has storage format \(snapshot.storageFormat), which is "
            + "newer than this release")
      }
      return snapshot
    }
    let oldest = try await shelf.numbers().first(where: isKept)
    if floor == 1, isLog { return nil }
    guard let oldest, let snapshot = try await shelf.read(oldest) else {
      throw .missing("there is no snapshot and no log at this place")
    }
    throw .missing(
      "nothing as old as that is kept: the oldest point is entry \(snapshot.entry), of "
        + snapshot.moment)
  }

  private static func open(
    _ path: String, _ logger: Logger
  ) async throws(BackupError) -> Database {
    try await PartTransfer.onThread { () throws(CollectionError) in
      do throws(DatabaseError) {
        // Closing syncs all.
        let options = DatabaseOptions(durability: .interval(milliseconds: 60_000))
        return try Database.open(at: path, options: options, logger: logger)
      } catch {
        throw .damaged("what was restored can't be opened: \(error)")
      }
    }
  }

  // MARK: The directory

  /// What is in the directory already, if anything; otherwise it is ready to be filled.
  private static func prepare(
    _ directory: String, _ scratch: String, replaces: Bool
  ) throws(CollectionError) -> String? {
    let names = try SnapshotFile.names(in: directory) ?? []
    SnapshotFile.removeDirectory(scratch)
    let occupant = names.first { $0 != Self.scratch && $0 != "lost+found" }
    if occupant == nil || replaces { try SnapshotFile.createDirectory(scratch) }
    return occupant
  }

  /// Removes what was there before.
  private static func clear(_ directory: String) throws(CollectionError) {
    // Without this file it is no database any more.
    if try SnapshotFile.remove(directory + "/CURRENT") { try SnapshotFile.syncDirectory(directory) }
    for name in try SnapshotFile.names(in: directory) ?? []
    where name != scratch && name != "lost+found" {
      let path = directory + "/" + name
      SnapshotFile.removeDirectory(path)
      try SnapshotFile.remove(path)
    }
  }

  private static func publish(
    _ scratch: String, in directory: String
  ) throws(CollectionError) {
    try SnapshotFile.syncDirectory(scratch)
    for name in try SnapshotFile.names(in: scratch) ?? [] where name != "CURRENT" {
      try SnapshotFile.rename(scratch + "/" + name, to: directory + "/" + name)
    }
    try SnapshotFile.syncDirectory(directory)
    // From here on the directory holds a database.
    try SnapshotFile.rename(scratch + "/CURRENT", to: directory + "/CURRENT")
    try SnapshotFile.syncDirectory(directory)
    SnapshotFile.removeDirectory(scratch)
  }
}

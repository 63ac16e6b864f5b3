import ObjectStorage
import SharedLog
import VectorDB

/// Applies the segments of a log to a database, up to a point in time.
struct LogReplay: Sendable {
  private let log: ObjectLog
  private let database: Database
  /// Where snapshots are kept that entries refer to, while they are applied.
  private let scratch: String
  private let point: PointInTime

  /// Segments that are read before it is their turn.
  private static let ahead: UInt64 = 8

  private typealias Reading = Task<Result<LogSegment?, SharedLogError>, Never>

  init(_ log: ObjectLog, into database: Database, scratch: String, until point: PointInTime) {
    self.log = log
    self.database = database
    self.scratch = scratch + "/replay"
    self.point = point
  }

  /// Applies what follows the segment `last`, which the database holds.
  func run(after last: UInt64) async throws(BackupError) -> DatabaseRestore.Report {
    let head = try await ask { () async throws(SharedLogError) in try await log.head(after: last) }
    var report = DatabaseRestore.Report(segment: last)
    var readings: [UInt64: Reading] = [:]
    var next = last + 1
    do throws(BackupError) {
      while next <= head {
        for number in next...min(head, next + Self.ahead) where readings[number] == nil {
          readings[number] = reading(number)
        }
        guard let segment = try await value(of: readings.removeValue(forKey: next), next) else {
          throw .damaged("segment \(next) is missing, although the log goes on behind it")
        }
        guard try await apply(segment, &report) else { break }
        report.segment = next
        next += 1
      }
    } catch {
      for reading in readings.values { reading.cancel() }
      throw error
    }
    for reading in readings.values { reading.cancel() }
    let floor = try await ask { () async throws(SharedLogError) in try await log.floor().number }
    guard floor <= last + 1 else {
      throw .missing("what was restored from was dropped meanwhile: try again")
    }
    if case .entry(let wanted) = point, database.lastEntry < wanted {
      throw .missing("the log ends with entry \(database.lastEntry), before entry \(wanted)")
    }
    report.entry = database.lastEntry
    report.collections = database.collections.count
    for collection in database.collections { report.points += collection.pointsCount }
    return report
  }

  /// The floor of the log.
  func floor() async throws(BackupError) -> UInt64 {
    try await ask { () async throws(SharedLogError) in try await log.floor().number }
  }

  /// The segment of this number; `nil` when there is none.
  func segment(_ number: UInt64) async throws(BackupError) -> LogSegment? {
    try await ask { () async throws(SharedLogError) in try await log.read(number) }
  }

  /// Applies a segment, whatever the point in time.
  func applyAll(of segment: LogSegment) async throws(BackupError) {
    var report = DatabaseRestore.Report()
    _ = try await apply(segment, &report)
  }

  private func reading(_ number: UInt64) -> Reading {
    Reading { [log] in
      do throws(SharedLogError) {
        return .success(try await log.read(number))
      } catch {
        return .failure(error)
      }
    }
  }

  private func value(
    of reading: Reading?, _ number: UInt64
  ) async throws(BackupError) -> LogSegment? {
    switch await (reading ?? self.reading(number)).value {
    case .success(let segment): return segment
    case .failure(let error): throw BackupError(error)
    }
  }

  /// Applies a segment; `false` when the point in time is reached.
  private func apply(
    _ segment: LogSegment, _ report: inout DatabaseRestore.Report
  ) async throws(BackupError) -> Bool {
    for item in segment.items {
      let last = database.lastEntry
      if item.entry <= last { continue }
      if case .entry(last) = point { return false }
      // What is missing may have been committed before the point in time.
      guard item.entry == last + 1 else { throw try await gap(after: last, before: item.entry) }
      guard point.includes(item) else { return false }
      try await apply(item, of: segment)
      report.entries += 1
      report.committedAt = item.committedAt
    }
    return true
  }

  private func apply(_ item: LogItem, of segment: LogSegment) async throws(BackupError) {
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
      let place = "entry \(item.entry) in segment \(segment.number)"
      switch error {
      case .truncated: throw .damaged("\(place) ends before its end")
      case .damaged(let what): throw .damaged("\(place) is damaged: \(what)")
      case .newer(let what): throw .newer("\(place) can't be read: \(what)")
      case .outOfOrder, .mismatch: throw .damaged("\(place) can't be applied: \(error)")
      case .refused(let reason): throw .database("\(place) was refused: \(BackupError(reason))")
      }
    }
  }

  private func fetch(_ checksum: String) async throws(BackupError) -> String {
    try await PartTransfer.onThread { [scratch] () throws(CollectionError) in
      try SnapshotFile.createDirectory(scratch)
    }
    return try await KeptSnapshots(log).fetch(checksum, into: scratch)
  }

  private func gap(
    after last: UInt64, before next: UInt64
  ) async throws(BackupError) -> BackupError {
    var text =
      "the log lacks the entries \(last + 1) to \(next - 1): they were committed and not shipped. "
      + "Entry \(last) can be restored"
    let shelf = SnapshotShelf(log)
    for number in try await shelf.numbers() {
      guard let snapshot = try await shelf.read(number), snapshot.entry >= next - 1
      else { continue }
      text += ", and what follows entry \(snapshot.entry), of \(snapshot.moment)"
      break
    }
    return .missing(text)
  }

  private func ask<Answer: Sendable>(
    _ request: () async throws(SharedLogError) -> Answer
  ) async throws(BackupError) -> Answer {
    do throws(SharedLogError) {
      return try await request()
    } catch {
      throw BackupError(error)
    }
  }
}

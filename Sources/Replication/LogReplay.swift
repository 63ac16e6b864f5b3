import ObjectStorage
import SharedLog
import VectorDB

/// Applies the segments of a log to a database, up to a point in time.
struct LogReplay: Sendable {
  private let log: ObjectLog
  private let database: Database
  private let applier: LogApplier
  private let point: PointInTime

  /// Segments that are read before it is their turn.
  private static let ahead: UInt64 = 8

  private typealias Reading = Task<Result<LogSegment?, SharedLogError>, Never>

  init(_ log: ObjectLog, into database: Database, scratch: String, until point: PointInTime) {
    self.log = log
    self.database = database
    applier = LogApplier(log: log, database: database, scratch: scratch + "/replay")
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
    do throws(ReplicationError) {
      try await applier.apply(item, of: segment.number)
    } catch {
      switch error {
      case .store(let what): throw .database(what)
      default: throw .damaged(error.description)
      }
    }
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

import DatabaseFixture
import ObjectStorage
import PointModel
import Replication
import SharedLog
import Synchronization
import Testing
import VectorDB

import class Foundation.FileManager
import struct Foundation.UUID

/// Takes what a database tells, to be appended to its log when a test says so.
final class WaitingEntries: LogSink {
  private let waiting = Mutex<[LogItem]>([])
  private let kept: KeptSnapshots
  /// The time of day, which goes on with every entry.
  private let time = Mutex<UInt64>(1_000_000)

  init(_ log: ObjectLog) { kept = KeptSnapshots(log) }

  var now: UInt64 {
    get { time.withLock { $0 } }
    set { time.withLock { $0 = newValue } }
  }

  func append(_ entry: [UInt8], number: UInt64) {
    let now = time.withLock { time in
      time += 1000
      return time
    }
    waiting.withLock { $0.append(LogItem(entry: number, committedAt: now, bytes: entry)) }
  }

  func keepSnapshot(at path: String, checksum: String) throws(CollectionError) {
    try kept.keepBlocking(at: path, checksum: checksum)
  }

  func takeAll() -> [LogItem] {
    waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
  }
}

/// A database whose log and snapshots are in a store.
final class ShippedDatabase {
  let store = MemoryStore()
  let log: ObjectLog
  let entries: WaitingEntries
  let source: TemporaryDatabase
  let shipper: SnapshotShipper
  private let writer = WriterID()
  private(set) var head: UInt64 = 0

  init() async throws {
    log = ObjectLog(store)
    let entries = WaitingEntries(log)
    self.entries = entries
    var options = DatabaseOptions(limits: Limits(updatePointsMax: 5))
    options.log = entries
    source = try TemporaryDatabase(options: options)
    shipper = SnapshotShipper(log, wall: { entries.now })
    _ = try await log.claim(for: DatabaseID())
  }

  var database: Database { source.database }

  /// Appends what was committed, as one segment.
  func ship() async throws {
    let segment = LogSegment(
      number: head + 1, writer: writer, writtenAt: entries.now, items: entries.takeAll())
    try await log.append(segment)
    head += 1
  }

  /// Takes a snapshot after the last segment.
  @discardableResult
  func takeSnapshot() async throws -> SnapshotShipper.Report {
    try await shipper.take(of: database, after: head)
  }

  /// Writes points of one collection, and ships them.
  func write(_ count: Int, from first: Int = 0) async throws {
    if database.collections.isEmpty { try await source.create("things", size: 8) }
    let things = try database.collection(named: "things")
    for start in stride(from: first, to: first + count, by: 100) {
      let points = (start..<min(first + count, start + 100)).map { number in
        point(UInt64(number), (0..<8).map { Float((number * 31 + $0) % 97) }, "{\"n\":\(number)}")
      }
      _ = try await things.apply([.upsert(points)])
    }
    try await ship()
  }

  /// Restores a point in time, and lends what came of it.
  @discardableResult
  func restored<Value>(
    at point: PointInTime, _ body: (Database, DatabaseRestore.Report) async throws -> Value
  ) async throws -> Value {
    let path = Self.newPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let report = try await restore(point, to: path)
    let copy = try Database.open(at: path, logger: TemporaryDatabase.logger)
    do {
      let value = try await body(copy, report)
      await copy.close()
      return value
    } catch {
      await copy.close()
      throw error
    }
  }

  @discardableResult
  func restore(_ point: PointInTime, to path: String) async throws -> DatabaseRestore.Report {
    try await DatabaseRestore(log, to: path, at: point, logger: TemporaryDatabase.logger).run()
  }

  /// Why a point in time can't be restored; `nil` if it can.
  func refusal(_ point: PointInTime) async -> BackupError? {
    let path = Self.newPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    do {
      try await restore(point, to: path)
      return nil
    } catch {
      let left = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      #expect(left.isEmpty)
      return error as? BackupError
    }
  }

  static func newPath() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("quiver-\(UUID())").path
  }

  /// Runs `body` with a database that is removed afterwards.
  static func with(_ body: (ShippedDatabase) async throws -> Void) async throws {
    let shipped = try await ShippedDatabase()
    do {
      try await body(shipped)
      await shipped.source.remove()
    } catch {
      await shipped.source.remove()
      throw error
    }
  }
}

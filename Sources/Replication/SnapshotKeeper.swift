package import Logging
import ObjectStorage
package import VectorDB

/// Looks after the snapshots of a database that is shared: takes one every now and then, and when
/// the log has a gap, and removes what no point in time needs any more.
package actor SnapshotKeeper {
  /// When it does what.
  package struct Settings: Sendable, Equatable {
    /// Seconds between two snapshots.
    package var intervalSeconds = 3600
    /// Seconds that points in time can be restored for.
    package var retentionSeconds = 604_800

    /// One an hour, for a week.
    package init() {}
  }

  /// What came of it so far.
  package struct Counts: Sendable, Equatable {
    /// Snapshots that were taken, and that failed.
    package var taken: UInt64 = 0
    package var failed: UInt64 = 0
    /// Bytes of parts that were carried for them.
    package var bytes: UInt64 = 0
    /// Objects that were removed.
    package var removed: UInt64 = 0
    /// When the last one was taken, in milliseconds since 1970; `nil` as long as none is known.
    package var lastTakenAt: UInt64?
  }

  private let shelf: SnapshotShelf
  private let shipper: SnapshotShipper
  private let garbage: LogGarbage
  private let settings: Settings
  private let logger: Logger
  private let begun = ContinuousClock.now
  /// What was begun last: one thing at a time is done.
  private var last: Task<Void, Never>?
  /// What came of it so far.
  package private(set) var counts = Counts()

  /// The snapshots of the database whose log it is.
  package init(_ log: ObjectLog, settings: Settings, logger: Logger) {
    shelf = SnapshotShelf(log)
    shipper = SnapshotShipper(log)
    garbage = LogGarbage(
      log,
      settings: LogGarbage.Settings(
        retentionMilliseconds: UInt64(max(0, settings.retentionSeconds)) * 1000))
    self.settings = settings
    self.logger = logger
  }

  /// Takes a snapshot now; the last entry that it holds, `nil` if it could not be taken.
  ///
  /// - Parameter segment: the last of the log that the database holds wholly.
  package func take(of database: Database, after segment: UInt64) async -> UInt64? {
    await inTurn { [self] in await takeAlone(database, segment) }
  }

  /// Takes snapshots and removes what is not needed, until the task is cancelled.
  ///
  /// - Parameter position: the last segment of the log that the database holds wholly; `nil` while
  ///   that is not known.
  package func run(
    _ database: Database, position: @escaping @Sendable () -> UInt64?
  ) async {
    while !Task.isCancelled {
      await inTurn { [self] in await lookAfter(database, position) }
      try? await Task.sleep(for: .seconds(settings.intervalSeconds))
    }
  }

  private func lookAfter(_ database: Database, _ position: @Sendable () -> UInt64?) async {
    guard let segment = position() else { return }
    do throws(BackupError) {
      let newest = try await shelf.newest { _ in true }
      counts.lastTakenAt = newest?.takenAt ?? counts.lastTakenAt
      let isDue = newest.map { old in
        old.entry < database.lastEntry && old.segment < segment
          && WallClock.milliseconds() >= old.takenAt + UInt64(settings.intervalSeconds) * 500
      }
      if isDue ?? (database.lastEntry > 0) { _ = await takeAlone(database, segment) }
      let report = try await garbage.collect(
        wall: WallClock.milliseconds(), steady: Self.milliseconds(ContinuousClock.now - begun))
      counts.removed += UInt64(
        report.segmentsRemoved + report.snapshotsRemoved + report.partsRemoved)
    } catch {
      if error == .cancelled { return }
      logger.warning("old backups can't be removed now", metadata: ["reason": "\(error)"])
    }
  }

  private func takeAlone(_ database: Database, _ segment: UInt64) async -> UInt64? {
    do throws(BackupError) {
      let report = try await shipper.take(of: database, after: segment)
      counts.lastTakenAt = report.snapshot.takenAt
      if report.wasThere { return report.snapshot.entry }
      counts.taken += 1
      counts.bytes += UInt64(report.newBytes)
      logger.info(
        "took a snapshot into the object store",
        metadata: [
          "segment": "\(segment)", "entry": "\(report.snapshot.entry)",
          "bytes": "\(report.snapshot.bytes)", "new_bytes": "\(report.newBytes)",
        ])
      return report.snapshot.entry
    } catch {
      if error == .cancelled { return nil }
      counts.failed += 1
      logger.warning(
        "no snapshot could be taken into the object store", metadata: ["reason": "\(error)"])
      return nil
    }
  }

  /// Does something when what was begun before has ended.
  private func inTurn<Value: Sendable>(
    _ work: @escaping @Sendable () async -> Value
  ) async -> Value {
    let before = last
    let task = Task {
      await before?.value
      return await work()
    }
    last = Task { _ = await task.value }
    return await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
  }

  private static func milliseconds(_ duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    return UInt64(max(0, seconds)) * 1000 + UInt64(max(0, attoseconds)) / 1_000_000_000_000_000
  }
}

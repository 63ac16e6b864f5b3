package import Logging
import OutageLogging
import Synchronization
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
    /// Snapshots that were taken.
    package var taken: UInt64 = 0
    /// Snapshots that could not be taken.
    package var failed: UInt64 = 0
    /// Bytes of parts that were carried for them.
    package var bytes: UInt64 = 0
    /// Objects that were removed.
    package var removed: UInt64 = 0
    /// When the last one was taken, in milliseconds since 1970; `nil` as long as none is known.
    package var lastTakenAt: UInt64?
  }

  /// Before what failed is tried again.
  private static let retrySeconds = 60

  private let shelf: SnapshotShelf
  private let shipper: SnapshotShipper
  private let garbage: LogGarbage
  private let settings: Settings
  private let logger: Logger
  private let careNotes: OutageNotes
  private let takingNotes: OutageNotes
  private let begun = ContinuousClock.now
  /// What was begun last: one thing at a time is done.
  private var last: Task<Void, Never>?
  private let state = Mutex(Counts())

  /// What came of it so far.
  package nonisolated var counts: Counts { state.withLock { $0 } }

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
    careNotes = OutageNotes(
      "backups can't be looked after now", over: "backups are looked after again", logger: logger)
    takingNotes = OutageNotes(
      "no snapshot could be taken into the object store",
      over: "snapshots are taken into the object store again", logger: logger)
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
      let isDone = await inTurn { [self] in await lookAfter(database, position) }
      let retry = min(settings.intervalSeconds, Self.retrySeconds)
      let pause = isDone ? settings.intervalSeconds : retry
      try? await Task.sleep(for: .seconds(pause))
    }
  }

  /// Does what is due; whether it could.
  private func lookAfter(
    _ database: Database, _ position: @Sendable () -> UInt64?
  ) async -> Bool {
    guard let segment = position() else { return false }
    do throws(BackupError) {
      let newest = try await shelf.newest { _ in true }
      if let newest { state.withLock { $0.lastTakenAt = newest.takenAt } }
      let isDue = newest.map { old in
        old.entry < database.lastEntry && old.segment < segment
          && WallClock.milliseconds() >= old.takenAt + UInt64(settings.intervalSeconds) * 500
      }
      if isDue ?? (database.lastEntry > 0), await takeAlone(database, segment) == nil {
        return false
      }
      let report = try await garbage.collect(
        wall: WallClock.milliseconds(), steady: Self.milliseconds(ContinuousClock.now - begun))
      let removed = report.segmentsRemoved + report.snapshotsRemoved + report.partsRemoved
      state.withLock { $0.removed += UInt64(removed) }
      careNotes.succeeded()
      return true
    } catch {
      if error != .cancelled {
        careNotes.failed(error.description)
      }
      return false
    }
  }

  private func takeAlone(_ database: Database, _ segment: UInt64) async -> UInt64? {
    do throws(BackupError) {
      let report = try await shipper.take(of: database, after: segment)
      takingNotes.succeeded()
      state.withLock { counts in
        counts.lastTakenAt = report.snapshot.takenAt
        if !report.wasThere { counts.taken += 1 }
        counts.bytes += UInt64(report.newBytes)
      }
      if report.wasThere { return report.snapshot.entry }
      logger.info(
        "took a snapshot into the object store",
        metadata: [
          "segment": "\(segment)", "entry": "\(report.snapshot.entry)",
          "bytes": "\(report.snapshot.bytes)", "new_bytes": "\(report.newBytes)",
        ])
      return report.snapshot.entry
    } catch {
      if error == .cancelled { return nil }
      state.withLock { $0.failed += 1 }
      takingNotes.failed(error.description)
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

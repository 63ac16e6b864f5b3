import Logging
import NIOCore
import NIOPosix
import OutageLogging
import QdrantREST
import QdrantService
import Replication
import ServiceLifecycle
import Synchronization
import VectorDB
import VectorIndex

/// Opens the database while the port is open already, and withdraws readiness when told to stop.
///
/// It stops before the HTTP server does: readiness turns first, and the port stays open for the
/// grace period.
final class DatabaseService: Service {
  private struct Progress {
    var port: Int?
    var isListening = false
    var isOpen = false
    var wasToldToStop = false
    var onStopping: (@Sendable () -> Void)?
    var onOpenFailure: (@Sendable (any Error) -> Void)?
  }

  private static let pauseMax = Duration.seconds(5)
  private static let storePause = Duration.seconds(2)

  private let settings: ServerSettings
  private let state: ServerState
  private let logger: Logger
  private let startedAt = ContinuousClock.now
  private let progress = Mutex(Progress())

  init(settings: ServerSettings, state: ServerState, logger: Logger) {
    self.settings = settings
    self.state = state
    self.logger = logger
  }

  /// Called once when a stop was asked for.
  var onStopping: (@Sendable () -> Void)? {
    get { progress.withLock { $0.onStopping } }
    set { progress.withLock { $0.onStopping = newValue } }
  }

  /// Called when the database can't be opened, before the failure ends the run.
  var onOpenFailure: (@Sendable (any Error) -> Void)? {
    get { progress.withLock { $0.onOpenFailure } }
    set { progress.withLock { $0.onOpenFailure = newValue } }
  }

  /// Whether the end of the run was asked for, rather than caused by a failure.
  var wasToldToStop: Bool { progress.withLock { $0.wasToldToStop } }

  /// Notes the port that connections are accepted on.
  func startedListening(port: Int?) async {
    let isComplete = progress.withLock { progress in
      progress.port = port
      progress.isListening = true
      return progress.isOpen
    }
    if isComplete { announce() }
  }

  func run() async throws {
    try await withGracefulShutdownHandler {
      var database = try await openOrReport()
      state.serve(database)
      let isComplete = progress.withLock { progress in
        progress.isOpen = true
        return progress.isListening
      }
      if isComplete { announce() }
      while await fallsBehind() {
        database = try await makeAnew(database)
        state.serve(database)
      }
      if Task.isCancelled { return }
      try? await Task.sleep(for: .milliseconds(settings.shutdownGraceMilliseconds))
    } onGracefulShutdown: {
      self.state.beginStopping()
      let onStopping = self.progress.withLock { progress in
        progress.wasToldToStop = true
        return progress.onStopping
      }
      onStopping?()
    }
  }

  /// Waits for the end of the run, or until the log has gone on without the database: whether that
  /// is it.
  private func fallsBehind() async -> Bool {
    guard let replication = state.replication else {
      try? await gracefulShutdown()
      return false
    }
    return await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        try? await gracefulShutdown()
        return false
      }
      group.addTask {
        for await _ in replication.fallsBehind { return true }
        // Only when it was cancelled.
        return false
      }
      defer { group.cancelAll() }
      return await group.next() ?? false
    }
  }

  /// Closes a database that the log has gone on without, and opens the one that the newest snapshot
  /// and the log after it make. Reads are refused meanwhile.
  private func makeAnew(_ database: Database) async throws -> Database {
    state.withdraw()
    await database.close()
    await state.replication?.pause(within: Self.pauseMax)
    let notes = OutageNotes("the log can't be reached now", logger: logger)
    while true {
      do {
        try state.replication?.renew()
        let next = try await open()
        logger.notice("the database is open again")
        return next
      } catch ReplicationError.unreachable(let reason) {
        notes.failed(reason)
        try await Task.sleep(for: Self.storePause)
      } catch {
        if !(error is CancellationError) { onOpenFailure?(error) }
        throw error
      }
    }
  }

  private func openOrReport() async throws -> Database {
    do {
      return try await open()
    } catch {
      // Cancelled means that something else has failed, which is what is told then.
      if !(error is CancellationError) { onOpenFailure?(error) }
      throw error
    }
  }

  private func open() async throws -> Database {
    let threads =
      settings.searchThreads > 0 ? settings.searchThreads : max(1, System.coreCount)
    var options = DatabaseOptions(
      durability: settings.durability, searchThreads: threads,
      buildThreads: min(2, System.coreCount), limits: settings.limits, loadsInBackground: true,
      requestBytes: { [state] in state.requestBytes },
      giveMemoryBack: { _ = HeapSettings.trim(after: 0) })
    options.log = state.replication?.sink
    try await state.replication?.prepare()
    let (path, logger, chosen) = (settings.storagePath, logger, options)
    let snapshots = settings.snapshotFolder
    let database = try await NIOSingletons.posixBlockingThreadPool.runIfActive {
      let database = try Database.open(at: path, options: chosen, logger: logger)
      // Only now it is certain that no other process works on them.
      snapshots.removeUnfinished()
      return database
    }
    do throws(ReplicationError) {
      try await state.replication?.start(database)
    } catch {
      await database.close()
      throw error
    }
    return database
  }

  private func announce() {
    let port = progress.withLock { $0.port } ?? settings.httpPort
    let seconds = ContinuousClock.now - startedAt
    let keys = settings.accessKeys.areRequired
    logger.notice(
      """
      quiver \(Release.version) listening on \(settings.host):\(port), \
      data in \(settings.storagePath), durability \(settings.durabilityText), \
      kernels \(Kernels.selected), \(keys ? "keys required" : "no key required"), \
      open after \(seconds)
      """)
  }
}

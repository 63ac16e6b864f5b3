import Glibc
package import HTTPTransfer
package import Logging
package import ObjectStorage
import SharedLog
import Synchronization
package import VectorDB

/// The sharing of one database's log, from before it is opened to after it is closed.
package final class Replicator: Sendable {
  /// Takes a snapshot of a database after a segment, and returns the number of the last entry that
  /// it holds; `nil` when it could not, and is to be asked again.
  package typealias Snapshot =
    @Sendable (_ database: Database, _ log: ObjectLog, _ segment: UInt64) async -> UInt64?

  private let store: any ObjectStore
  private let client: HTTPClient?
  /// What other servers of the log are asked with; `nil` where they aren't.
  let peers: HTTPClient?
  let plan: ReplicationPlan
  private let log: ObjectLog
  private let directory: String
  /// Whether several servers share the log.
  private let isShared: Bool
  private let current: Mutex<any LogSharing>
  private let make: @Sendable (ReplicationRecord) -> any LogSharing
  /// What looks after snapshots; `nil` where somebody else does.
  private let keeper: SnapshotKeeper?
  private let open: OpenDatabase
  private let work = Mutex<Task<Void, Never>?>(nil)
  /// Changes that were sent to the server that leads.
  let forwarded = Atomic(0)
  private let logger: Logger
  private let behind: AsyncStream<Void>.Continuation
  /// Told whenever the log has gone on without the database, so that only a snapshot helps. For one
  /// reader.
  package let fallsBehind: AsyncStream<Void>

  private static let reconnectPause = Duration.seconds(2)

  /// How often the store is asked for parts of snapshots.
  private static let partAttempts = 5

  /// Shares the log of the database in `directory`, which may be missing still, and looks after its
  /// snapshots.
  ///
  /// - Parameter peers: by what the other servers of the log are known.
  /// - Throws: ``ReplicationError``, but not `unreachable`.
  package convenience init(
    _ settings: ReplicationSettings, directory: String, peers: HTTPTrust, logger: Logger
  ) throws(ReplicationError) {
    let client = HTTPClient(trust: HTTPTrust(authorities: settings.authorities))
    let patient = ObjectLog(try settings.store(client, attempts: Self.partAttempts))
    let keeper = SnapshotKeeper(patient, settings: settings.plan.snapshots, logger: logger)
    try self.init(
      try settings.store(client), client: client,
      peers: settings.plan.mode == .sync ? HTTPClient(trust: peers) : nil, plan: settings.plan,
      directory: directory, keeper: keeper, logger: logger
    ) { database, _, segment in
      await keeper.take(of: database, after: segment)
    }
  }

  /// Shares a log in any store.
  ///
  /// - Throws: ``ReplicationError/record(_:)``.
  package init(
    _ store: any ObjectStore, client: HTTPClient? = nil, peers: HTTPClient? = nil,
    plan: ReplicationPlan = ReplicationPlan(), directory: String, keeper: SnapshotKeeper? = nil,
    logger: Logger, snapshot: @escaping Snapshot
  ) throws(ReplicationError) {
    self.store = store
    self.client = client
    self.peers = peers
    self.plan = plan
    self.keeper = keeper
    self.logger = logger
    self.directory = directory
    isShared = plan.mode == .sync
    let open = OpenDatabase()
    let log = ObjectLog(store)
    self.log = log
    let due: @Sendable (UInt64) async -> UInt64? = { segment in
      guard let database = open.value else { return nil }
      return await snapshot(database, log, segment)
    }
    let (fallsBehind, behind) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    (self.fallsBehind, self.behind) = (fallsBehind, behind)
    make = { record in
      switch plan.mode {
      case .async:
        LogShipper(
          log, directory: directory, record: record, limits: plan.limits, logger: logger,
          snapshotDue: due)
      case .sync:
        ReplicaDriver(
          log, directory: directory, record: record, plan: plan, logger: logger, snapshotDue: due
        ) { behind.yield() }
      }
    }
    current = Mutex(make(try Self.record(in: directory)))
    self.open = open
  }

  /// What is known of the log; of a new database if nothing is.
  private static func record(
    in directory: String
  ) throws(ReplicationError) -> ReplicationRecord {
    try ReplicationRecord.load(from: directory)
      ?? ReplicationRecord(
        database: DatabaseID(), log: nil, position: LogPosition(segment: 0, entry: 0),
        writers: [], isWhole: false)
  }

  /// How the log is shared now.
  var sharing: any LogSharing { current.withLock { $0 } }

  /// Holds the database as long as it is shared.
  private final class OpenDatabase: Sendable {
    private let state = Mutex<Database?>(nil)
    var value: Database? {
      get { state.withLock { $0 } }
      set { state.withLock { $0 = newValue } }
    }
  }

  /// What the database is opened with.
  package var sink: any LogSink { sharing }

  /// How it stands.
  package var status: ReplicationStatus {
    var status = sharing.status
    status.snapshots = keeper?.counts
    status.forwarded = forwarded.load(ordering: .relaxed)
    return status
  }

  /// Makes the data directory of a snapshot and the log after it where servers share a log that
  /// this one can't go on with: it has no database yet, or one that fell behind what the log still
  /// has. To be called before the database is opened.
  ///
  /// - Throws: ``ReplicationError``; `unreachable` when the directory has no database and the store
  ///   does not answer.
  package func prepare() async throws(ReplicationError) {
    guard isShared else { return }
    let isThere = access(directory + "/CURRENT", F_OK) == 0
    let record = try ReplicationRecord.load(from: directory)
    do throws(SharedLogError) {
      guard let owner = try await log.owner() else { return }
      if isThere {
        // One that never shared this log is not replaced.
        guard let record, record.database == owner.database, record.log == owner.log,
          try await log.floor().number > record.position.segment + 1
        else { return }
      }
    } catch {
      let error = ReplicationError(error)
      if isThere, case .unreachable = error { return }
      throw error
    }
    let isUnfinished = access(directory + "/" + DatabaseRestore.scratch, F_OK) == 0
    do throws(BackupError) {
      let report = try await DatabaseRestore(
        log, to: directory, at: .latest, replaces: isThere || isUnfinished, logger: logger
      ).run()
      logger.notice(
        "made the data directory of the log",
        metadata: ["segment": "\(report.segment)", "entry": "\(report.entry)"])
    } catch {
      if case .store(let what) = error { throw .unreachable(what) }
      throw .damaged("the data directory can't be made of the log: \(error)")
    }
    if let record = try ReplicationRecord.load(from: directory) { sharing.adopt(record) }
  }

  /// Begins to ship. The database is open, and nobody changes it yet. A store that can't be reached
  /// is tried again from then on.
  ///
  /// - Throws: ``ReplicationError``, but not `unreachable`, when the log can't be this database's.
  package func start(_ database: Database) async throws(ReplicationError) {
    open.value = database
    let isConnected: Bool
    do throws(ReplicationError) {
      try await connect(database, isAlone: true)
      isConnected = true
    } catch {
      guard case .unreachable(let reason) = error else { throw error }
      logger.warning("the log can't be shared yet", metadata: ["reason": "\(reason)"])
      isConnected = false
    }
    let task = Task { [self] in
      var isConnected = isConnected
      while !isConnected, !Task.isCancelled {
        try? await Task.sleep(for: Self.reconnectPause)
        isConnected = await reconnect(database)
      }
      guard isConnected else { return }
      let sharing = sharing
      let keeping = Task { [keeper] in
        await keeper?.run(database) {
          let status = sharing.status
          return status.role == .leader ? status.position.segment : nil
        }
      }
      await sharing.run()
      keeping.cancel()
    }
    work.withLock { $0 = task }
  }

  /// Why the server takes no writes now; `nil` while it does.
  package var obstacle: String? {
    do throws(CollectionError) {
      try sharing.admit()
      return nil
    } catch {
      if case .unavailable(let reason) = error { return reason }
      return String(describing: error)
    }
  }

  /// Waits until the database holds all that is in the log now, for a read that must see what was
  /// acknowledged anywhere.
  ///
  /// - Throws: ``CollectionError/unavailable(_:)`` when that can't be known or will not be.
  package func catchUp() async throws(CollectionError) { try await sharing.catchUp() }

  /// Ships what is left of a database that is closed, for at most `time`, and ends.
  package func stop(within time: Duration) async {
    await pause(within: time)
    client?.shutdown()
    peers?.shutdown()
  }

  /// Begins anew, as a server that is started again, after ``pause(within:)``: with ``prepare()``.
  ///
  /// - Throws: ``ReplicationError/record(_:)``.
  package func renew() throws(ReplicationError) {
    let next = make(try Self.record(in: directory))
    current.withLock { $0 = next }
  }

  /// Ships what is left, for at most `time`, and has no more to do with the database.
  package func pause(within time: Duration) async {
    let sharing = sharing
    sharing.finish()
    if let task = work.withLock({ $0 }) {
      let isConnected = status.role != .starting
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await task.value }
        group.addTask { try? await Task.sleep(for: isConnected ? time : .zero) }
        await group.next()
        task.cancel()
        group.cancelAll()
      }
      let status = status
      if status.lagEntries > 0 {
        logger.warning(
          "commits were not shipped; a snapshot will make up for them at the next start",
          metadata: ["commits": "\(status.lagEntries)"])
      }
    }
    sharing.saveAtEnd()
    open.value = nil
  }

  private func connect(
    _ database: Database, isAlone: Bool
  ) async throws(ReplicationError) {
    do throws(ObjectStoreError) {
      try await StoreProbe(store).run()
    } catch {
      if case .unreachable = error { throw .unreachable(error.description) }
      throw .store(error.description)
    }
    try await sharing.connect(database, isAlone: isAlone)
  }

  /// Tries again; whether it is connected.
  private func reconnect(_ database: Database) async -> Bool {
    do throws(ReplicationError) {
      try await connect(database, isAlone: false)
      logger.notice("the log is shared")
      return true
    } catch {
      if case .unreachable = error { return false }
      sharing.end("\(error)")
      return true
    }
  }
}

package import Logging
import OutageLogging
import SharedLog
import Synchronization
package import VectorDB

/// Ships the commits of a database into its log after they were made: several to a segment, bounded
/// in bytes, while callers have been answered already.
///
/// It is the ``LogSink`` of the database. What it can't take for want of room, and what a process
/// that ended had not shipped, are gaps: a mark is appended then and a snapshot asked for, from
/// which readers go on.
package final class LogShipper: LogSharing {
  private struct State {
    var status: ReplicationStatus
    var record: ReplicationRecord
    /// Whether entries are missing in the log and no snapshot makes up for them.
    var isGapOpen = false
    /// The mark after the last gap.
    var mark: UInt64?
    var savedAt = ContinuousClock.now
    /// When the first commit was made that is on its way.
    var oldest: UInt64?
  }

  private let log: ObjectLog
  private let directory: String
  private let writer: WriterID
  private let limits: ReplicationLimits
  private let snapshotDue: @Sendable (_ segment: UInt64) async -> UInt64?
  private let logger: Logger
  private let storeNotes: OutageNotes
  private let roomNotes: OutageNotes
  private let recordNotes: OutageNotes
  private let queue: ShippingQueue
  private let state: Mutex<State>
  private let snapshotSignal: AsyncStream<UInt64>.Continuation
  private let snapshotsWanted: AsyncStream<UInt64>

  private static let saveEvery = Duration.seconds(5)
  private static let snapshotPause = Duration.seconds(5)

  /// A shipper for the database in `directory`.
  ///
  /// - Parameter snapshotDue: takes a snapshot after a segment, and returns the number of the last
  ///   entry that it holds; `nil` when it could not, and is to be asked again.
  package init(
    _ log: ObjectLog, directory: String, record: ReplicationRecord,
    limits: ReplicationLimits = ReplicationLimits(), logger: Logger,
    snapshotDue: @escaping @Sendable (_ segment: UInt64) async -> UInt64?
  ) {
    self.log = log
    self.directory = directory
    self.limits = limits
    self.logger = logger
    storeNotes = OutageNotes(
      "commits can't be shipped now", over: "commits are shipped again", logger: logger)
    roomNotes = OutageNotes(
      "commits wait for the object store beyond the backlog's bytes; the log has a gap now",
      logger: logger)
    recordNotes = OutageNotes(
      "what is known of the log can't be kept", over: "what is known of the log is kept again",
      logger: logger)
    self.snapshotDue = snapshotDue
    writer = WriterID()
    queue = ShippingQueue(bytesMax: limits.backlogBytesMax)
    state = Mutex(State(status: ReplicationStatus(mode: .async, writer: writer), record: record))
    (snapshotsWanted, snapshotSignal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// How it stands.
  package var status: ReplicationStatus {
    let load = queue.load
    return state.withLock { state in
      var status = state.status
      status.isGapOpen = state.isGapOpen
      status.backlogBytes = load.bytes
      if let oldest = state.oldest ?? load.oldest {
        let now = WallClock.milliseconds()
        status.lagMilliseconds = now - min(oldest, now)
      }
      return status
    }
  }

  /// How far the log is known to reach, without a gap.
  package var position: LogPosition { state.withLock { $0.status.position } }

  /// See ``LogSharing``.
  func adopt(_ record: ReplicationRecord) { state.withLock { $0.record = record } }

  /// See ``LogSharing``. The log has nothing that the database lacks.
  package func catchUp() async throws(CollectionError) {}

  // MARK: The sink

  /// See ``LogSink``.
  package func append(_ entry: [UInt8], number: UInt64) {
    let item = LogItem(entry: number, committedAt: WallClock.milliseconds(), bytes: entry)
    let isAdded = queue.add(item)
    state.withLock { state in
      state.status.lastEntry = number
      if !isAdded { state.status.counts.gaps += 1 }
    }
    if !isAdded {
      roomNotes.failed(
        "entry \(number) does not fit into \(limits.backlogBytesMax) bytes", level: .error)
    }
  }

  /// See ``LogSink``.
  package func keepSnapshot(at path: String, checksum: String) throws(CollectionError) {
    try KeptSnapshots(log).keepBlocking(at: path, checksum: checksum)
  }

  // MARK: Shipping

  /// See ``LogSharing``.
  package func connect(
    _ database: Database, isAlone: Bool = true
  ) async throws(ReplicationError) {
    var record = try await log.claim(for: state.withLock { $0.record })
    let tail = try await LogTail.read(
      log, after: record, into: database, isAlone: isAlone, scratch: directory + "/.replay")
    if !tail.hasGap {
      record.position = tail.position
      record.writers = []
    }
    record.writers.append(writer)
    record.isWhole = false
    try record.save(to: directory)
    state.withLock { state in
      state.record = record
      state.isGapOpen = tail.hasGap
      state.status.position = tail.position
      state.status.lastEntry = max(state.status.lastEntry, database.lastEntry)
      state.status.role = .leader
      if tail.hasGap { state.status.counts.gaps += 1 }
    }
  }

  /// Ships, until ``finish()`` or until somebody else goes on with the log.
  package func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.takeSnapshots() }
      if self.state.withLock({ $0.status.role == .leader }) { await self.ship() }
      self.snapshotSignal.finish()
      group.cancelAll()
    }
  }

  private func ship() async {
    let appender = SegmentAppender(log) { [self] in note($0) }
    if state.withLock({ $0.isGapOpen }) {
      guard await appendMark(appender) else { return }
    }
    while true {
      await queue.wait()
      if queue.takeGap() {
        state.withLock { state in
          state.isGapOpen = true
          state.mark = nil
        }
        guard await appendMark(appender) else { return }
      }
      if !queue.isClosed, !queue.holds(bytes: limits.segmentBytesMax) {
        try? await Task.sleep(for: .milliseconds(limits.gatherMilliseconds))
      }
      let items = queue.take(count: limits.segmentItemsMax, bytes: limits.segmentBytesMax)
      if items.isEmpty {
        if queue.isClosed { return }
        continue
      }
      guard await append(items, appender) else { return }
    }
  }

  private func appendMark(_ appender: SegmentAppender) async -> Bool {
    guard await append([], appender) else { return false }
    let mark = position.segment
    state.withLock { $0.mark = mark }
    snapshotSignal.yield(mark)
    return true
  }

  /// Appends a segment; `false` when that is over.
  private func append(_ items: [LogItem], _ appender: SegmentAppender) async -> Bool {
    state.withLock { $0.oldest = items.first?.committedAt }
    while true {
      let segment = LogSegment(
        number: position.segment + 1, writer: writer, writtenAt: WallClock.milliseconds(),
        items: items)
      switch await appender.append(segment) {
      case .written:
        wrote(segment)
        return true
      case .taken(let found):
        // A request of a run before this one may have arrived late; its commits are older.
        guard state.withLock({ $0.record.writers.contains(found.writer) }) else {
          end("segment \(segment.number) of the log was written by another server, \(found.writer)")
          return false
        }
        state.withLock { $0.status.position.segment = found.number }
      case .dropped:
        end("segment \(segment.number) had been dropped from the log")
        return false
      case .cancelled: return false
      }
    }
  }

  private func wrote(_ segment: LogSegment) {
    let record = state.withLock { state -> ReplicationRecord? in
      state.oldest = nil
      state.status.position.segment = segment.number
      if let last = segment.items.last { state.status.position.entry = last.entry }
      state.status.counts.segments += 1
      state.status.counts.bytes += segment.items.reduce(0) { $0 + UInt64($1.bytes.count) }
      if state.isGapOpen { return nil }
      state.record.position = state.status.position
      state.record.writers = [writer]
      guard ContinuousClock.now - state.savedAt >= Self.saveEvery else { return nil }
      state.savedAt = .now
      return state.record
    }
    if let record { save(record, isSynced: false) }
  }

  private func save(_ record: ReplicationRecord, isSynced: Bool) {
    do throws(ReplicationError) {
      try record.save(to: directory, isSynced: isSynced)
      recordNotes.succeeded()
    } catch {
      recordNotes.failed(error.description)
    }
  }

  private func note(_ event: SegmentAppender.Event) {
    state.withLock { state in
      switch event {
      case .put: state.status.counts.puts += 1
      case .success: state.status.failure = nil
      case .failure(let reason):
        state.status.failure = reason
        state.status.counts.failures += 1
      }
    }
    switch event {
    case .put: break
    case .success: storeNotes.succeeded()
    case .failure(let reason): storeNotes.failed(reason)
    }
  }

  /// Ends shipping for good: the database goes on alone.
  func end(_ reason: String) {
    queue.drop()
    state.withLock { state in
      state.status.role = .stopped
      state.status.failure = reason
    }
    logger.critical("commits are not shipped any more", metadata: ["reason": "\(reason)"])
  }

  // MARK: Gaps

  private func takeSnapshots() async {
    for await segment in snapshotsWanted {
      while !Task.isCancelled {
        if let entry = await snapshotDue(segment) {
          close(gapAt: segment, entry)
          break
        }
        try? await Task.sleep(for: Self.snapshotPause)
      }
    }
  }

  /// The snapshot after the mark is there: readers go on from it.
  private func close(gapAt segment: UInt64, _ entry: UInt64) {
    let record = state.withLock { state -> ReplicationRecord? in
      // A newer gap waits for a snapshot of its own.
      guard state.isGapOpen, !queue.hasGap, segment == state.mark else { return nil }
      state.isGapOpen = false
      state.status.position.entry = max(state.status.position.entry, entry)
      state.record.position = state.status.position
      state.record.writers = [writer]
      return state.record
    }
    if let record { save(record, isSynced: true) }
  }

  // MARK: The end

  /// Takes no more commits, and ships those that wait as far as the time suffices; ``run()`` ends.
  package func finish() { queue.close() }

  /// Notes how far it came. Blocking, for a sync.
  package func saveAtEnd() {
    let record = state.withLock { $0.status.role == .starting ? nil : $0.record }
    if let record { save(record, isSynced: true) }
  }
}

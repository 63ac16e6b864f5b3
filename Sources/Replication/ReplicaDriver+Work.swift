import OutageLogging
import SharedLog
import Synchronization
import VectorDB

/// What a state machine asks for, done with the store and the database.
extension ReplicaDriver {
  /// Asks the store, and returns what it said.
  func ask(_ effect: Machine.Effect) async -> Machine.Event {
    switch effect {
    case .append(let segment): return .appendEnded(segment.number, await append(segment))
    case .read(let number): return .readEnded(number, await read(number))
    case .readFloor:
      return .floorRead(
        await attempt { () async throws(SharedLogError) in try await log.floor().number })
    case .readLeader:
      let found = await attempt { () async throws(SharedLogError) in try await log.leader() }
      guard let found else { return .leaderRead(.unknown) }
      return .leaderRead(found.map { .beat($0) } ?? .absent)
    case .writeLeader(let beat, let tag):
      let written = await attempt { () async throws(SharedLogError) in
        try await log.writeLeader(beat, ifTag: tag)
      }
      guard let written else { return .leaderWritten(.unknown) }
      return .leaderWritten(written.map { .written(tag: $0) } ?? .lost)
    case .apply, .answer, .restore: return .tick
    }
  }

  private func append(_ segment: LogSegment) async -> Machine.AppendOutcome {
    state.withLock { $0.status.counts.puts += 1 }
    do throws(SharedLogError) {
      try await log.append(segment)
      storeNotes.succeeded()
      state.withLock { state in
        state.status.failure = nil
        state.status.counts.segments += 1
        state.status.counts.bytes += segment.items.reduce(0) { $0 + UInt64($1.bytes.count) }
      }
      return .written
    } catch .taken {
      return .taken
    } catch {
      note(error)
      return .unknown
    }
  }

  private func read(_ number: UInt64) async -> Machine.ReadOutcome {
    let found = await attempt { () async throws(SharedLogError) in try await log.read(number) }
    guard let found else { return .unknown }
    if found == nil {
      let now = clock.milliseconds
      state.withLock { $0.caughtUpAt = now }
    }
    return found.map { .segment($0) } ?? .absent
  }

  /// What the store says; `nil` when it does not.
  private func attempt<Answer: Sendable>(
    _ request: () async throws(SharedLogError) -> Answer
  ) async -> Answer? {
    do throws(SharedLogError) {
      let answer = try await request()
      storeNotes.succeeded()
      state.withLock { $0.status.failure = nil }
      return answer
    } catch {
      note(error)
      return nil
    }
  }

  private func note(_ error: SharedLogError) {
    state.withLock { state in
      state.status.failure = error.sentence
      state.status.counts.failures += 1
    }
    storeNotes.failed(error.sentence)
  }

  // MARK: The database

  private static let applyPause = Duration.milliseconds(200)
  private static let applyPauseMax = Duration.seconds(5)

  /// Brings a segment into the database, then says so. It tries until that succeeds: nothing else
  /// can be done with the log before.
  func apply(_ segment: LogSegment) async {
    guard let database = state.withLock({ $0.database }) else { return }
    let applier = LogApplier(log: log, database: database, scratch: directory + "/.replay")
    var pause = Self.applyPause
    while true {
      do throws(ReplicationError) {
        try await applier.apply(segment)
        applyNotes.succeeded()
        break
      } catch {
        if case .foreign(let reason) = error { return lost(reason) }
        applyNotes.failed(error.description, level: .error)
        state.withLock { $0.status.failure = error.description }
        do { try await Task.sleep(for: pause) } catch { return }
        pause = min(pause * 2, Self.applyPauseMax)
        if state.withLock({ $0.isStopping }) { return }
      }
    }
    handle(.applied(segment.number))
    save(every: 50)
  }

  /// What comes next in the log was dropped: only a snapshot helps.
  func noteFellBehind(_ number: UInt64) {
    let reason = "the log goes on after segment \(number), which the database is behind of"
    state.withLock { $0.status.failure = reason }
    logger.warning(
      "the database is made anew of a snapshot", metadata: ["reason": "\(reason)"])
    fellBehind()
  }

  /// The database can't follow the log any more in this run.
  func lost(_ reason: String) {
    state.withLock { state in
      state.status.role = .stopped
      state.status.failure = reason
    }
    logger.critical(
      "the database can't follow its log; begin with a new directory, which starts from a snapshot",
      metadata: ["reason": "\(reason)"])
  }

  // MARK: Roles

  func noteRole(_ role: Machine.Role) {
    let (leader, gap) = state.withLock { state -> (String?, UInt64?) in
      let isGap = role == .leader && state.status.isGapOpen
      return (state.machine.leader?.address, isGap ? state.machine.applied : nil)
    }
    logger.notice(
      "the server's part in the log has changed",
      metadata: ["role": "\(role)", "leader": "\(leader ?? "nobody")"])
    if let gap { Task { await fillGap(after: gap) } }
    if role == .leader { save(every: 0) }
  }

  /// Has a snapshot taken in the place of entries that the log lacks.
  private func fillGap(after segment: UInt64) async {
    while !state.withLock({ $0.isStopping }) {
      if await snapshotDue(segment) != nil {
        state.withLock { $0.status.isGapOpen = false }
        return save(every: 0)
      }
      do { try await Task.sleep(for: .seconds(5)) } catch { return }
    }
  }

  /// Notes how far the database is, after every so many segments.
  func save(every count: UInt64) {
    let position = state.withLock { state -> LogPosition? in
      guard !state.status.isGapOpen, state.machine.applied >= state.savedSegment + count,
        let database = state.database
      else { return nil }
      state.savedSegment = state.machine.applied
      return LogPosition(segment: state.machine.applied, entry: database.lastEntry)
    }
    guard let position else { return }
    let record = record.withLock { record -> ReplicationRecord in
      record.position = position
      record.isWhole = true
      return record
    }
    do throws(ReplicationError) {
      try record.save(to: directory, isSynced: false)
      recordNotes.succeeded()
    } catch {
      recordNotes.failed(error.description)
    }
  }
}

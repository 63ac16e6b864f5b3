package import Logging
import OutageLogging
import SharedLog
import Synchronization
package import VectorDB

/// Runs a ``ReplicaStateMachine`` with a clock and a store: a server whose writes are answered when
/// they are in the log, and which follows the log while another one leads.
///
/// It is the ``LogSink`` of the database. The thread that commits waits in
/// ``prepare(_:number:)`` until its entry is in the log. Where the store does not answer in time,
/// callers hear that it is not known what became of their write, further ones are refused, and the
/// entry is brought into the database as soon as it is known to be in the log.
package final class ReplicaDriver: LogSharing {
  typealias Machine = ReplicaStateMachine

  /// What the thread that commits waits for.
  struct Proposal {
    let id: UInt64
    let item: LogItem
    let decision: ProposalDecision
    /// When the thread that commits has waited enough.
    let deadline: UInt64
  }

  struct State {
    var machine: Machine
    var status: ReplicationStatus
    var database: Database?
    var proposal: Proposal?
    /// The segment whose entry the thread that commits is writing, and the entry's proposal.
    var committing: (segment: LogSegment, id: UInt64)?
    /// A proposal that nobody waits for any more, as long as its fate is not known.
    var unsettled: UInt64?
    var lastID: UInt64 = 0
    var isStopping = false
    /// When the log was last read to its end.
    var caughtUpAt: UInt64?
    var savedSegment: UInt64
  }

  let log: ObjectLog
  let directory: String
  let address: String
  let grpcAddress: String?
  let limits: ReplicationLimits
  let snapshotDue: @Sendable (_ segment: UInt64) async -> UInt64?
  let fellBehind: @Sendable () -> Void
  let clock = ReplicaClock()
  /// Who waits for what is in the log.
  let waiters = SegmentWaiters()
  /// Who waits for another leader.
  let leaderWatch = LeaderWatch()
  let logger: Logger
  /// Whether the store answers, segments can be applied and the record can be written, as it is
  /// written down.
  let storeNotes: OutageNotes
  let applyNotes: OutageNotes
  let recordNotes: OutageNotes
  let state: Mutex<State>
  let record: Mutex<ReplicationRecord>

  private static let tick = Duration.milliseconds(50)
  /// Some requests may succeed while others fail.
  private static let calmMilliseconds: UInt64 = 5000

  /// A server of the database in `directory`.
  ///
  /// - Parameters:
  ///   - snapshotDue: takes a snapshot after a segment, and returns the number of the last entry
  ///     that it holds; `nil` when it could not, and is to be asked again.
  ///   - fellBehind: told when only a snapshot helps the database.
  package init(
    _ log: ObjectLog, directory: String, record: ReplicationRecord, plan: ReplicationPlan,
    logger: Logger, snapshotDue: @escaping @Sendable (_ segment: UInt64) async -> UInt64?,
    fellBehind: @escaping @Sendable () -> Void
  ) {
    self.log = log
    self.directory = directory
    address = plan.address
    grpcAddress = plan.grpcAddress
    limits = plan.limits
    self.logger = logger
    let clock = clock
    storeNotes = OutageNotes(
      "the log can't be reached now", over: "the log can be reached again",
      calm: Self.calmMilliseconds, logger: logger
    ) { clock.milliseconds }
    applyNotes = OutageNotes(
      "a segment can't be applied", over: "segments are applied again", logger: logger)
    recordNotes = OutageNotes(
      "what is known of the log can't be kept", over: "what is known of the log is kept again",
      logger: logger)
    self.snapshotDue = snapshotDue
    self.fellBehind = fellBehind
    self.record = Mutex(record)
    let writer = WriterID()
    state = Mutex(
      State(
        machine: Machine(
          writer: writer, address: plan.address, applied: record.position.segment,
          settings: plan.machine),
        status: ReplicationStatus(mode: .sync, writer: writer),
        savedSegment: record.position.segment))
  }

  /// How it stands.
  package var status: ReplicationStatus {
    let now = clock.milliseconds
    return state.withLock { state in
      var status = state.status
      if status.role != .stopped {
        switch state.machine.role {
        case .leader: status.role = .leader
        case .candidate: status.role = .starting
        case .follower: status.role = state.database == nil ? .starting : .follower
        }
      }
      status.leader = state.machine.leader?.address
      let entry = state.database?.lastEntry ?? 0
      status.position = LogPosition(segment: state.machine.applied, entry: entry)
      status.lastEntry = entry
      if status.role == .follower {
        status.lagMilliseconds = state.caughtUpAt.map { now - min($0, now) } ?? 0
      }
      return status
    }
  }

  /// See ``LogSharing``. All changes are refused before.
  package func connect(_ database: Database, isAlone: Bool) async throws(ReplicationError) {
    let known = record.withLock { $0 }
    let isNew = known.log == nil && database.lastCommit == 0
    var record = try await log.claim(for: known, joins: isNew)
    var position = record.position
    var hasGap = false
    if !record.isWhole {
      let tail = try await LogTail.read(
        log, after: record, into: database, isAlone: true, scratch: directory + "/.replay")
      (position, hasGap) = (tail.position, tail.hasGap)
    }
    if hasGap {
      record.writers.append(state.withLock { $0.machine.writer })
    } else {
      (record.position, record.writers, record.isWhole) = (position, [], true)
    }
    try record.save(to: directory)
    self.record.withLock { $0 = record }
    state.withLock { state in
      state.machine.begin(after: position.segment)
      state.savedSegment = position.segment
      state.status.isGapOpen = hasGap
      if hasGap { state.status.counts.gaps += 1 }
      state.database = database
    }
  }

  /// See ``LogSharing``.
  package func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.keepRoster() }
      await work()
      group.cancelAll()
      await group.waitForAll()
      let (writer, isLeader) = state.withLock { ($0.machine.writer, $0.machine.role == .leader) }
      try? await log.removeNode(writer)
      if isLeader { try? await log.removeLeader() }
    }
  }

  private func work() async {
    while !Task.isCancelled, !state.withLock({ $0.isStopping || $0.status.role == .stopped }) {
      handle(.tick)
      giveUpProposal(after: clock.milliseconds)
      try? await Task.sleep(for: Self.tick)
    }
    giveUpProposal(after: .max)
    waiters.end()
  }

  /// See ``LogSharing``.
  package func finish() { state.withLock { $0.isStopping = true } }

  /// See ``LogSharing``.
  package func end(_ reason: String) { lost(reason) }

  /// See ``LogSharing``.
  package func saveAtEnd() { save(every: 0) }

  /// See ``LogSharing``.
  func adopt(_ record: ReplicationRecord) { self.record.withLock { $0 = record } }

  // MARK: The sink

  /// See ``LogSink``.
  package func admit() throws(CollectionError) {
    let obstacle = state.withLock { Self.obstacle(in: $0) }
    if let obstacle { throw .unavailable(obstacle) }
  }

  /// See ``LogSink``.
  package func prepare(_ entry: [UInt8], number: UInt64) throws(CollectionError) {
    let item = LogItem(entry: number, committedAt: WallClock.milliseconds(), bytes: entry)
    let decision = ProposalDecision()
    let deadline = clock.milliseconds + UInt64(limits.writeMilliseconds)
    let (id, obstacle) = state.withLock { state -> (UInt64, String?) in
      if let obstacle = Self.obstacle(in: state) { return (0, obstacle) }
      state.lastID += 1
      state.proposal = Proposal(
        id: state.lastID, item: item, decision: decision, deadline: deadline)
      return (state.lastID, nil)
    }
    if let obstacle { throw .unavailable(obstacle) }
    handle(.propose(id: id, item))
    if case .refused(let reason) = decision.wait() { throw .unavailable(reason) }
  }

  /// See ``LogSink``.
  package func append(_ entry: [UInt8], number: UInt64) {
    let segment = state.withLock { state -> LogSegment? in
      defer { state.committing = nil }
      return state.committing?.segment
    }
    if let segment { handle(.applied(segment.number)) }
  }

  /// See ``LogSink``.
  package func withdraw(_ entry: [UInt8], number: UInt64) -> CollectionError? {
    // It is in the log, and so has to get into the database, and into those of others anyway.
    let segment = state.withLock { state -> LogSegment? in
      state.unsettled = state.committing?.id
      defer { state.committing = nil }
      return state.committing?.segment
    }
    guard let segment else { return nil }
    Task { await apply(segment) }
    return .unavailable(
      "the write is in the log and will be made, but this server could not write it to its disk")
  }

  /// See ``LogSink``.
  package func keepSnapshot(at path: String, checksum: String) throws(CollectionError) {
    try KeptSnapshots(log).keepBlocking(at: path, checksum: checksum)
  }

  /// Why no write is taken now; `nil` when one is.
  private static func obstacle(in state: State) -> String? {
    if state.isStopping { return "the server is shutting down" }
    if state.status.role == .stopped, let reason = state.status.failure { return reason }
    if state.unsettled != nil {
      let reason = state.status.failure ?? "no answer"
      return "it is not known yet what became of an earlier write: \(reason)"
    }
    if state.machine.role == .leader { return nil }
    if let leader = state.machine.leader, leader.writer != state.machine.writer {
      return "this server follows the one at \(leader.address), which takes writes"
    }
    return "this server does not lead yet" + (state.status.failure.map { ": \($0)" } ?? "")
  }

  /// Has the thread that commits wait no more for a proposal whose time is over.
  private func giveUpProposal(after time: UInt64) {
    let (proposal, reason) = state.withLock { state -> (Proposal?, String) in
      guard let proposal = state.proposal, proposal.deadline <= time else { return (nil, "") }
      state.proposal = nil
      state.unsettled = proposal.id
      return (proposal, state.status.failure ?? "it did not answer in time")
    }
    proposal?.decision.decide(
      .refused(
        "the object store has not said whether it has the write, which may be made yet: \(reason)"))
  }

  // MARK: Events and effects

  /// Tells the state machine what happened, and does what it asks for.
  func handle(_ event: Machine.Event) {
    let (effects, became, applied, leader) = state.withLock { state in
      let before = state.machine.role
      let effects = state.machine.handle(event, at: clock.milliseconds)
      let after = state.machine.role
      return (
        effects, before == after ? nil : after, state.machine.applied,
        state.machine.leader?.writer
      )
    }
    leaderWatch.note(leader)
    waiters.reached(applied)
    if let became { noteRole(became) }
    for effect in effects { perform(effect) }
  }

  private func perform(_ effect: Machine.Effect) {
    switch effect {
    case .apply(let segment):
      if !handOver(segment) { Task { await apply(segment) } }
    case .answer(let id, let answer): self.answer(id, answer)
    case .restore(let number): noteFellBehind(number)
    default: Task { handle(await ask(effect)) }
    }
  }

  /// Has the thread that commits write the entry of its own segment; `false` when it does not wait.
  private func handOver(_ segment: LogSegment) -> Bool {
    let proposal = state.withLock { state -> Proposal? in
      guard let proposal = state.proposal, segment.writer == state.machine.writer,
        segment.items == [proposal.item]
      else { return nil }
      state.proposal = nil
      state.committing = (segment, proposal.id)
      return proposal
    }
    proposal?.decision.decide(.written)
    return proposal != nil
  }

  private func answer(_ id: UInt64, _ answer: Machine.Answer) {
    let reason: String
    switch answer {
    case .committed:
      return state.withLock { if $0.unsettled == id { $0.unsettled = nil } }
    case .notLeader: reason = "this server does not lead any more; the write was not made"
    case .unknown: reason = "the server fell behind; whether the write was made is not known"
    }
    let proposal = state.withLock { state -> Proposal? in
      if state.unsettled == id { state.unsettled = nil }
      guard state.proposal?.id == id else { return nil }
      defer { state.proposal = nil }
      return state.proposal
    }
    proposal?.decision.decide(.refused(reason))
  }
}

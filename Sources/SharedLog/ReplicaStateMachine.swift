/// What one server does about a shared log: which segment it reads, when it appends, when a commit
/// is answered, when it takes the lead and when it leaves it.
///
/// It does no I/O and has no clock. Whoever runs it hands it ``Event``s, among them the time, and
/// carries out the ``Effect``s that it returns. Each of these but `answer` is answered by one
/// event, also when the store did not answer in time. The argument why nothing that was
/// acknowledged is lost stands in <doc:Replication>.
package struct ReplicaStateMachine: Sendable {
  /// What it is to its log.
  package enum Role: Sendable, Equatable {
    /// It reads and applies.
    case follower
    /// It holds the leader object, reads to the end of the log and then appends its mark.
    case candidate
    /// It appends.
    case leader
  }

  private struct Staged {
    enum Phase { case appending, reading, written, applying }
    var segment: LogSegment
    var ids: [UInt64]
    var phase: Phase
    /// When to go on after the store did not answer.
    var resumesAt: UInt64 = 0
  }

  private enum Doubt {
    case found(LogSegment)
    case absent
  }

  /// Who it is.
  package let writer: WriterID
  private let address: String
  private let settings: Settings
  /// What it is now.
  package private(set) var role = Role.follower
  /// The last segment that the database holds.
  package private(set) var applied: UInt64
  /// Who leads, as far as it knows.
  package var leader: LeaderBeat? { seenLeader?.beat }

  private var now: UInt64 = 0
  /// When the floor was last asked for that turned out to lie no higher than the next segment.
  private var floorSeen: UInt64?
  /// When the floor was asked for that is still to come.
  private var floorAsked: UInt64?
  private var nextFloor: UInt64 = 0
  /// What was read where the next segment should be, and waits until the floor is known.
  private var doubt: Doubt?
  private var isReading = false
  private var isApplying = false
  /// Since when it has worked on the next segment, its own or one that it read.
  private var worksSince: UInt64?
  private var nextRead: UInt64 = 0
  /// How far the log is said to reach, until it was looked at.
  private var hinted: UInt64 = 0
  private var pending: [(id: UInt64, item: LogItem)] = []
  private var staged: Staged?
  private var seenLeader: TaggedBeat?
  private var leaderSince: UInt64 = 0
  private var isAskingLeader = false
  /// Whether it would take the lead, and whether it has to look first whose that is.
  private var wantsLead = false
  private var mustLook = true
  private var nextBeat: UInt64 = 0
  private var beat: UInt64 = 0

  /// A server whose database holds everything up to segment `applied`.
  package init(
    writer: WriterID, address: String, applied: UInt64, settings: Settings = Settings()
  ) {
    self.writer = writer
    self.address = address
    self.applied = applied
    self.settings = settings
  }

  /// Has it begin with a database that holds everything up to segment `applied`, before it has
  /// heard of anything.
  package mutating func begin(after applied: UInt64) { self.applied = applied }

  /// Takes what happened, and says what is to be done.
  ///
  /// - Parameter now: milliseconds of a clock that never goes back and goes on while the machine or
  ///   the process sleeps, read right now: what came while the process slept is told by it.
  package mutating func handle(_ event: Event, at now: UInt64) -> [Effect] {
    self.now = max(now, self.now)
    var effects: [Effect] = []
    switch event {
    case .tick: break
    case .propose(let id, let item): propose(id, item, &effects)
    case .appendEnded(let number, let outcome): appendEnded(number, outcome)
    case .readEnded(let number, let outcome): readEnded(number, outcome, &effects)
    case .floorRead(let floor): floorRead(floor, &effects)
    case .leaderRead(let outcome): leaderRead(outcome, &effects)
    case .leaderWritten(let outcome): leaderWritten(outcome)
    case .applied(let number): wasApplied(number, &effects)
    case .hinted(let number): wasHinted(number)
    }
    goOn(&effects)
    return effects
  }

  private var next: UInt64 { applied + 1 }

  /// Whether the floor was seen below the next segment so lately that nothing from there on can
  /// have been dropped since.
  private var trustsFloor: Bool {
    guard let floorSeen else { return false }
    return now - floorSeen <= settings.floorTrustMilliseconds
  }

  /// Whether it has not got on for so long that another server should lead: its disk or its way to
  /// the store may be broken.
  private var isStuck: Bool {
    worksSince.map { now - $0 >= settings.takeoverMilliseconds } ?? false
  }

  // MARK: Going on

  /// Asks for whatever is due.
  private mutating func goOn(_ effects: inout [Effect]) {
    let isDue = floorSeen.map { now - $0 > settings.floorTrustMilliseconds / 2 } ?? true
    if isDue, floorAsked == nil, now >= nextFloor {
      floorAsked = now
      effects.append(.readFloor)
    }
    lookOrBeat(&effects)
    confirmWritten(&effects)
    resumeStaged(&effects)
    settleDoubts(&effects)
    if isApplying || doubt != nil { return }
    if role == .leader {
      stage(&effects)
    } else if staged == nil, !isReading, now >= nextRead {
      isReading = true
      effects.append(.read(next))
    }
  }

  private mutating func lookOrBeat(_ effects: inout [Effect]) {
    guard !isAskingLeader, now >= nextBeat else { return }
    isAskingLeader = true
    nextBeat = now + settings.beatMilliseconds
    if mustLook || isStuck || role == .follower && !wantsLead {
      effects.append(.readLeader)
    } else {
      beat += 1
      let own = LeaderBeat(writer: writer, address: address, beat: beat)
      effects.append(.writeLeader(own, ifTag: seenLeader?.tag))
    }
  }

  // MARK: Appending

  private mutating func propose(_ id: UInt64, _ item: LogItem, _ effects: inout [Effect]) {
    guard role == .leader, pending.count < settings.pendingMax else {
      effects.append(.answer(id: id, .notLeader))
      return
    }
    pending.append((id, item))
  }

  /// Appends what waits, as one segment.
  private mutating func stage(_ effects: inout [Effect]) {
    guard staged == nil, !pending.isEmpty else { return }
    var bytes = 0
    var count = 0
    while count < min(pending.count, settings.segmentItemsMax),
      count == 0 || bytes + pending[count].item.bytes.count <= settings.segmentBytesMax
    {
      bytes += pending[count].item.bytes.count
      count += 1
    }
    let taken = pending.prefix(count)
    append(taken.map(\.item), taken.map(\.id), &effects)
    pending.removeFirst(count)
  }

  private mutating func append(_ items: [LogItem], _ ids: [UInt64], _ effects: inout [Effect]) {
    let segment = LogSegment(number: next, writer: writer, writtenAt: now, items: items)
    staged = Staged(segment: segment, ids: ids, phase: .appending)
    worksSince = now
    effects.append(.append(segment))
  }

  private mutating func appendEnded(_ number: UInt64, _ outcome: AppendOutcome) {
    guard let current = staged, current.segment.number == number, current.phase == .appending
    else { return }
    switch outcome {
    case .written: staged?.phase = .written
    case .taken, .unknown:
      // A reply may have been lost and the request sent twice: the segment says whose it is.
      staged?.phase = .reading
      staged?.resumesAt = outcome == .taken ? now : now + settings.pollMilliseconds
    }
  }

  private mutating func resumeStaged(_ effects: inout [Effect]) {
    guard let current = staged, current.phase == .reading, !isReading, now >= current.resumesAt
    else { return }
    isReading = true
    effects.append(.read(current.segment.number))
  }

  /// What lies where the staged segment should.
  private mutating func stagedWasRead(_ outcome: ReadOutcome, _ effects: inout [Effect]) {
    guard let current = staged else { return }
    switch outcome {
    case .unknown:
      staged?.resumesAt = now + settings.pollMilliseconds
    case .absent:
      // It may still be on its way. The same segment again can do no harm; another one could.
      staged?.phase = .appending
      effects.append(.append(current.segment))
    case .segment(let found) where found == current.segment:
      staged?.phase = .written
    case .segment:
      giveUpStaged(.notLeader, &effects)
      stepDown(&effects)
    }
  }

  /// Brings a staged segment that is in the store into the database: it counts, unless its number
  /// had been dropped before.
  private mutating func confirmWritten(_ effects: inout [Effect]) {
    guard let current = staged, current.phase == .written, trustsFloor, !isApplying else { return }
    staged?.phase = .applying
    apply(current.segment, &effects)
  }

  private mutating func giveUpStaged(_ answer: Answer, _ effects: inout [Effect]) {
    for id in staged?.ids ?? [] { effects.append(.answer(id: id, answer)) }
    staged = nil
    worksSince = nil
  }

  private mutating func stepDown(_ effects: inout [Effect]) {
    role = .follower
    wantsLead = false
    for proposal in pending { effects.append(.answer(id: proposal.id, .notLeader)) }
    pending = []
    nextRead = now
    leaderSince = now
  }

  // MARK: Reading

  private mutating func readEnded(
    _ number: UInt64, _ outcome: ReadOutcome, _ effects: inout [Effect]
  ) {
    isReading = false
    if let current = staged {
      guard current.segment.number == number, current.phase == .reading else { return }
      return stagedWasRead(outcome, &effects)
    }
    guard number == next, !isApplying else { return }
    switch outcome {
    case .unknown: nextRead = now + settings.pollMilliseconds
    case .segment(let segment): doubt = .found(segment)
    case .absent: doubt = .absent
    }
  }

  /// Believes what was read, once the floor is known.
  private mutating func settleDoubts(_ effects: inout [Effect]) {
    guard let doubt, trustsFloor, !isApplying else { return }
    self.doubt = nil
    switch doubt {
    case .found(let segment): apply(segment, &effects)
    case .absent:
      // There is nothing after what was applied; if it is said to be there, it may have come since.
      nextRead = hinted < next ? now + settings.pollMilliseconds : now
      hinted = 0
      if role == .candidate, staged == nil { append([], [], &effects) }
    }
  }

  private mutating func apply(_ segment: LogSegment, _ effects: inout [Effect]) {
    isApplying = true
    worksSince = worksSince ?? now
    effects.append(.apply(segment))
  }

  private mutating func wasApplied(_ number: UInt64, _ effects: inout [Effect]) {
    isApplying = false
    worksSince = nil
    applied = max(applied, number)
    nextRead = now
    guard let current = staged, current.phase == .applying else { return }
    staged = nil
    if current.ids.isEmpty, role == .candidate { role = .leader }
    for id in current.ids {
      effects.append(.answer(id: id, .committed(current.segment.number)))
    }
  }

  /// It is only a reason to read: what is read counts.
  private mutating func wasHinted(_ number: UInt64) {
    guard number >= next else { return }
    hinted = max(hinted, number)
    nextRead = now
  }

  // MARK: The floor

  private mutating func floorRead(_ floor: UInt64?, _ effects: inout [Effect]) {
    let asked = floorAsked
    floorAsked = nil
    nextFloor = now + settings.pollMilliseconds
    guard let floor, !isApplying else { return }
    if floor > next { return fellBehind(floor, &effects) }
    floorSeen = asked
  }

  /// What comes next was dropped: only a snapshot helps.
  private mutating func fellBehind(_ floor: UInt64, _ effects: inout [Effect]) {
    floorSeen = nil
    doubt = nil
    for id in staged?.ids ?? [] { effects.append(.answer(id: id, .unknown)) }
    staged = nil
    stepDown(&effects)
    isApplying = true
    effects.append(.restore(atLeast: floor - 1))
  }

  // MARK: The leader

  private mutating func leaderRead(_ outcome: LeaderOutcome, _ effects: inout [Effect]) {
    isAskingLeader = false
    switch outcome {
    case .unknown:
      return
    case .absent:
      mustLook = false
      seenLeader = nil
      wantsLead = settings.canLead && !isStuck
      if wantsLead { nextBeat = now }
    case .beat(let tagged):
      mustLook = false
      let isNew = tagged.tag != seenLeader?.tag
      seenLeader = tagged
      if isNew { leaderSince = now }
      if tagged.beat.writer == writer {
        if role == .follower { role = .candidate }
        return
      }
      // What is staged may be in the log already, and goes on until that is known.
      if role != .follower { stepDown(&effects) }
      let isGone = now - leaderSince >= settings.takeoverMilliseconds
      wantsLead = settings.canLead && isGone && !isStuck
      if wantsLead { nextBeat = now }
    }
  }

  private mutating func leaderWritten(_ outcome: LeaderWriteOutcome) {
    isAskingLeader = false
    switch outcome {
    case .written(let tag):
      let own = LeaderBeat(writer: writer, address: address, beat: beat)
      seenLeader = TaggedBeat(own, tag: tag)
      leaderSince = now
      wantsLead = false
      if role == .follower { role = .candidate }
    case .lost, .unknown:
      // It may have lost against a request of its own that was sent twice: the object says.
      mustLook = true
      wantsLead = false
      nextBeat = now + (outcome == .unknown ? settings.pollMilliseconds : 0)
    }
  }
}

import SeededRandom
import SharedLog

/// Three nodes, a store and the network between them, without threads or clocks: a seed decides
/// what is delayed, lost, sent twice, who sleeps and who is killed.
struct ReplicaSimulation {
  typealias Machine = ReplicaStateMachine

  /// What went against the promises; `nil` if nothing did.
  private(set) var violation: String?
  /// What happened, so that a test can see that enough did.
  private(set) var counts = Counts()

  struct Counts: Equatable {
    var committed = 0
    var unknown = 0
    var refused = 0
    var kills = 0
    var sleeps = 0
    var restores = 0
    var leaders: Set<WriterID> = []
    var events = 0

    static func += (sum: inout Counts, more: Counts) {
      sum.committed += more.committed
      sum.unknown += more.unknown
      sum.refused += more.refused
      sum.kills += more.kills
      sum.sleeps += more.sleeps
      sum.restores += more.restores
      sum.leaders.formUnion(more.leaders)
      sum.events += more.events
    }
  }

  private struct Node {
    var machine: Machine
    var life = 0
    /// Survives being killed.
    var state = SimulatedState()
    var applied: UInt64 = 0
    var sleepsUntil: UInt64 = 0
  }

  private enum Happening {
    case tick(node: Int)
    case request(node: Int, life: Int, Machine.Effect, isCopy: Bool)
    case reply(node: Int, life: Int, Machine.Event)
    case proposal
    case trouble
    case upkeep
  }

  private var random: SeededGenerator
  private var queue = EventQueue<Happening>()
  private var store = SimulatedStore()
  private var nodes: [Node] = []
  private var now: UInt64 = 0
  private var isCalm = false
  private var clientsAreGone = false
  private var storeAnswersAt: UInt64 = 0
  private var proposals: UInt64 = 0
  private var answers: [UInt64: Machine.Answer] = [:]
  /// What each segment held where it was applied first.
  private var history: [UInt64: LogSegment] = [:]
  private let settings: Machine.Settings

  private static let graceMilliseconds: UInt64 = 6000
  private static let tickMilliseconds: UInt64 = 50

  /// A run with the times of servers instead of shorter ones.
  init(seed: UInt64, settings: Machine.Settings) {
    random = SeededGenerator(seed: seed)
    self.settings = settings
    for _ in 0..<3 { nodes.append(Node(machine: machine(applied: 0))) }
  }

  init(seed: UInt64, floorTrust: UInt64 = 2000) {
    random = SeededGenerator(seed: seed)
    var settings = Machine.Settings()
    settings.pollMilliseconds = 100
    settings.beatMilliseconds = 300
    settings.takeoverMilliseconds = 1500
    settings.floorTrustMilliseconds = floorTrust
    settings.segmentItemsMax = 4
    settings.pendingMax = 8
    self.settings = settings
    for _ in 0..<3 { nodes.append(Node(machine: machine(applied: 0))) }
  }

  private mutating func machine(applied: UInt64) -> Machine {
    Machine(
      writer: WriterID(using: &random), address: "http://node", applied: applied,
      settings: settings)
  }

  /// Runs with troubles, then without until all is quiet, and looks at what is left.
  mutating func run(milliseconds: UInt64) throws {
    for node in nodes.indices { queue.add(.tick(node: node), at: UInt64(node)) }
    queue.add(.proposal, at: 10)
    queue.add(.trouble, at: 1000)
    queue.add(.upkeep, at: 1500)
    try proceed(until: milliseconds)
    isCalm = true
    for node in nodes.indices { nodes[node].sleepsUntil = now }
    storeAnswersAt = now
    try proceed(until: milliseconds + 30_000)
    clientsAreGone = true
    try proceed(until: milliseconds + 40_000)
    compareNodes()
  }

  /// Loses the leader for good, without other troubles, and returns the milliseconds until another
  /// server has answered a commit; `nil` when nobody led, or does within a minute.
  mutating func loseLeader() throws -> UInt64? {
    isCalm = true
    for node in nodes.indices { queue.add(.tick(node: node), at: UInt64(node)) }
    queue.add(.proposal, at: 10)
    try proceed(until: 10_000 + roll(5000))
    guard let leader = nodes.firstIndex(where: { $0.machine.role == .leader }) else { return nil }
    nodes[leader].life += 1
    nodes[leader].sleepsUntil = .max
    let (lostAt, before) = (now, counts.committed)
    while counts.committed == before {
      if now > lostAt + 60_000 { return nil }
      try proceed(until: now + 10)
    }
    return now - lostAt
  }

  private mutating func proceed(until end: UInt64) throws {
    while violation == nil, let (time, happening) = queue.next(until: end) {
      now = time
      counts.events += 1
      try happen(happening)
    }
    now = end
  }

  private mutating func happen(_ happening: Happening) throws {
    switch happening {
    case .tick(let node):
      queue.add(.tick(node: node), at: now + Self.tickMilliseconds)
      if isAwake(node) { try hand(.tick, to: node) }
    case .request(let node, let life, let effect, let isCopy):
      let answer = try answer(effect)
      // A copy of a request has no reply of its own.
      if isCopy { return }
      let isLost = !isCalm && roll(100) < 4
      let told = isLost ? Self.silence(effect) : answer
      if let told {
        queue.add(.reply(node: node, life: life, told), at: now + (isLost ? 1000 : delay()))
      }
    case .reply(let node, let life, let event):
      guard nodes[node].life == life else { return }
      if isAwake(node) {
        try hand(event, to: node)
      } else {
        queue.add(happening, at: nodes[node].sleepsUntil)
      }
    case .proposal:
      if clientsAreGone { return }
      queue.add(.proposal, at: now + roll(isCalm ? 2000 : 300))
      try propose()
    case .trouble:
      queue.add(.trouble, at: now + 500 + roll(3000))
      if !isCalm { makeTrouble() }
    case .upkeep:
      queue.add(.upkeep, at: now + 500 + roll(1500))
      if !isCalm { doUpkeep() }
    }
  }

  private mutating func roll(_ bound: UInt64) -> UInt64 {
    UInt64.random(in: 0..<bound, using: &random)
  }

  private func isAwake(_ node: Int) -> Bool { nodes[node].sleepsUntil <= now }

  // MARK: Nodes

  private mutating func hand(_ event: Machine.Event, to node: Int) throws {
    for effect in nodes[node].machine.handle(event, at: now) {
      switch effect {
      case .answer(let id, let answer): take(answer, of: id)
      case .apply(let segment): apply(segment, on: node)
      case .restore(let number): restore(atLeast: number, on: node)
      case .append, .read, .readFloor, .readLeader, .writeLeader: send(effect, from: node)
      }
    }
    if nodes[node].machine.role == .leader { counts.leaders.insert(nodes[node].machine.writer) }
  }

  private mutating func propose() throws {
    proposals += 1
    let item = LogItem(
      entry: proposals, committedAt: now, bytes: [UInt8(truncatingIfNeeded: proposals)])
    // Most clients know where the leader is.
    let leading = nodes.indices.filter { nodes[$0].machine.role == .leader && isAwake($0) }
    let node = leading.randomElement(using: &random) ?? Int(roll(3))
    if isAwake(node) { try hand(.propose(id: proposals, item), to: node) }
    // Now and then somebody says how far the log is, or is not.
    let other = Int(roll(3))
    if isAwake(other), roll(4) == 0 {
      try hand(.hinted(nodes[node].applied + roll(3)), to: other)
    }
  }

  private mutating func take(_ answer: Machine.Answer, of id: UInt64) {
    if let earlier = answers[id] { return fail("\(id) was answered \(earlier) and \(answer)") }
    answers[id] = answer
    switch answer {
    case .committed: counts.committed += 1
    case .notLeader: counts.refused += 1
    case .unknown: counts.unknown += 1
    }
  }

  private mutating func apply(_ segment: LogSegment, on node: Int) {
    let number = segment.number
    guard number == nodes[node].applied + 1 else {
      return fail("node \(node) applies \(number) after \(nodes[node].applied)")
    }
    if let known = history[number], known != segment {
      return fail("segment \(number) has two contents")
    }
    history[number] = segment
    nodes[node].state.apply(segment)
    nodes[node].applied = number
    queue.add(.reply(node: node, life: nodes[node].life, .applied(number)), at: now + roll(30))
  }

  private mutating func restore(atLeast number: UInt64, on node: Int) {
    counts.restores += 1
    let snapshot = store.newest
    guard snapshot.number >= number else { return fail("no snapshot of \(number) is left") }
    if snapshot.number > nodes[node].applied {
      nodes[node].state = snapshot.state
      nodes[node].applied = snapshot.number
    }
    let applied = Machine.Event.applied(nodes[node].applied)
    queue.add(.reply(node: node, life: nodes[node].life, applied), at: now + roll(300))
  }

  // MARK: Network and store

  /// Milliseconds that a message takes.
  private mutating func delay() -> UInt64 {
    if isCalm { return 1 + roll(10) }
    switch roll(100) {
    case 0..<85: return 1 + roll(40)
    case 85..<97: return roll(600)
    default: return roll(15_000)
    }
  }

  private mutating func send(_ effect: Machine.Effect, from node: Int) {
    let life = nodes[node].life
    let isLost = !isCalm && roll(100) < 4
    if !isLost {
      queue.add(.request(node: node, life: life, effect, isCopy: false), at: now + delay())
    }
    if !isCalm, roll(100) < 4 {
      queue.add(.request(node: node, life: life, effect, isCopy: true), at: now + delay())
    }
    if isLost, let event = Self.silence(effect) {
      queue.add(.reply(node: node, life: life, event), at: now + 1000)
    }
  }

  /// What the store does; where it does not answer, ``silence(_:)``.
  private mutating func answer(_ effect: Machine.Effect) throws -> Machine.Event? {
    if now < storeAnswersAt { return Self.silence(effect) }
    switch effect {
    case .append(let segment): return .appendEnded(segment.number, store.append(segment))
    case .read(let number): return .readEnded(number, try store.read(number))
    case .readFloor: return .floorRead(store.floor)
    case .readLeader: return .leaderRead(store.beat.map { .beat($0) } ?? .absent)
    case .writeLeader(let beat, let tag): return .leaderWritten(store.write(beat, ifTag: tag))
    case .apply, .restore, .answer: return nil
    }
  }

  private static func silence(_ effect: Machine.Effect) -> Machine.Event? {
    switch effect {
    case .append(let segment): .appendEnded(segment.number, .unknown)
    case .read(let number): .readEnded(number, .unknown)
    case .readFloor: .floorRead(nil)
    case .readLeader: .leaderRead(.unknown)
    case .writeLeader: .leaderWritten(.unknown)
    case .apply, .restore, .answer: nil
    }
  }

  // MARK: Troubles

  private mutating func makeTrouble() {
    let node = Int(roll(3))
    switch roll(10) {
    case 0..<4:
      counts.sleeps += 1
      nodes[node].sleepsUntil = now + roll(2) * 10_000 + roll(8000)
    case 4..<7:
      counts.kills += 1
      nodes[node].life += 1
      nodes[node].machine = machine(applied: nodes[node].applied)
      nodes[node].sleepsUntil = now + roll(3000)
    case 7..<8:
      storeAnswersAt = now + roll(4000)
    default:
      break
    }
  }

  /// A node that is awake makes a snapshot, and what it makes superfluous goes.
  private mutating func doUpkeep() {
    let node = Int(roll(3))
    if isAwake(node), roll(2) == 0 {
      store.keep(.init(number: nodes[node].applied, state: nodes[node].state))
    }
    if roll(2) == 0 { store.raiseFloor(keeping: roll(4), at: now) }
    store.collectGarbage(grace: Self.graceMilliseconds, at: now)
  }

  // MARK: Looking

  private mutating func fail(_ what: String) {
    if violation == nil { violation = "at \(now) ms: \(what)" }
  }

  private mutating func compareNodes() {
    let newest = nodes.map(\.applied).max() ?? 0
    for node in nodes.indices where nodes[node].applied < newest {
      fail("node \(node) stays at \(nodes[node].applied) of \(newest)")
    }
    for node in nodes.indices where nodes[node].applied == newest {
      if nodes[node].state != nodes.first(where: { $0.applied == newest })?.state {
        fail("two nodes differ after segment \(newest)")
      }
    }
    for (id, answer) in answers {
      let places = history.values.filter { $0.items.contains { $0.entry == id } }.map(\.number)
      switch answer {
      case .committed(let number) where places != [number]:
        fail("\(id) was acknowledged in \(number) and is in \(places)")
      case .notLeader where !places.isEmpty:
        fail("\(id) was refused and is in \(places)")
      case .committed, .notLeader, .unknown: break
      }
    }
    guard let settled = nodes.first(where: { $0.applied == newest })?.state else { return }
    for (id, answer) in answers {
      if case .committed = answer, !settled.proposals.contains(id) { fail("\(id) was lost") }
    }
    let last = answers.filter { if case .committed = $0.value { true } else { false } }.keys.max()
    if (last ?? 0) + 10 < proposals { fail("nothing is committed any more, since \(last ?? 0)") }
  }
}

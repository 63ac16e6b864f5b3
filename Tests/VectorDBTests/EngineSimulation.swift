import SeededRandom
import Storage
import VectorDB
import VectorIndex

/// A database's commits, readers, lists and restarts without threads or clocks: a seed decides who
/// goes on whenever somebody might, what is not written, and when all memory is lost. What goes on
/// is the engine's own code; a plain account of every commit tells what readers must see.
final class EngineSimulation {
  struct Counts: Equatable {
    var commits = 0
    var failures = 0
    var refusals = 0
    var replans = 0
    var crashes = 0
    var reads = 0
    var retries = 0
    var segments = 0
    var listChanges = 0

    static func += (sum: inout Counts, more: Counts) {
      sum.commits += more.commits
      sum.failures += more.failures
      sum.refusals += more.refusals
      sum.replans += more.replans
      sum.crashes += more.crashes
      sum.reads += more.reads
      sum.retries += more.retries
      sum.segments += more.segments
      sum.listChanges += more.listChanges
    }
  }

  /// What went against the promises first; `nil` if nothing did.
  private(set) var violation: String?
  private(set) var counts = Counts()

  /// What is left out of the engine's order, to see that the simulation finds it.
  enum Mistake { case none, publishesItselfFirst, forgetsPairs }

  private typealias Rows = [UInt32: SimulatedRow]

  private let mistake: Mistake
  /// Near the end of a chunk in some, so that chunks fill, die and are let go of.
  private let firstOffset: UInt32
  /// Whether dense vectors get lists, which takes most of the time.
  private let makesLists: Bool
  private var random: SeededGenerator
  private var store: SimulatedStore
  /// Rows of each collection after every commit that was written.
  private var history: [UInt64: [[UInt32: SimulatedRow]]] = [:]
  private var collections: [SimulatedCollection] = []
  private let committed: AtomicReference<SimulatedCommit>
  private var queue: [SimulatedChange] = []
  private var readers: [SimulatedReader] = []
  private var upkeep: SimulatedUpkeep?
  private var isCommitting = false
  private var isTidying = false
  private var isPublishing = false
  private var isLost = false
  private var acknowledged: UInt64 = 0
  /// The log's entry that was announced and is neither written nor withdrawn.
  private var prepared: UInt64?
  private var depth = 0

  private static let collectionCount = 2
  private static let readersMax = 6
  private static let depthMax = 3
  private static let liveMax = 60

  init(seed: UInt64, mistake: Mistake = .none) {
    self.mistake = mistake
    random = SeededGenerator(seed: seed)
    firstOffset = seed % 16 == 0 ? UInt32(VisibilityTable.rowsPerChunk - 40) : 0
    makesLists = seed % 8 == 1
    store = SimulatedStore(rows: Array(repeating: [:], count: Self.collectionCount))
    committed = AtomicReference(SimulatedCommit(store))
    history[0] = store.rows
    start()
  }

  /// Runs so many steps, and then lets everything come to its end.
  func run(steps: Int) {
    for _ in 0..<steps where violation == nil {
      if isLost {
        start()
      } else if oneIn(4) {
        commit()
      } else {
        act()
      }
    }
    while violation == nil, !readers.isEmpty, !isLost { readers.removeLast().finish(self) }
  }

  // MARK: What the seed decides

  private func upTo(_ count: Int) -> Int { Int.random(in: 0...count, using: &random) }
  private func oneIn(_ count: Int) -> Bool { upTo(count - 1) == 0 }

  /// Others go on, each by a step, wherever the committer or the indexer might be interrupted.
  private func between() {
    guard depth < Self.depthMax, !isLost, violation == nil else { return }
    depth += 1
    for _ in 0..<upTo(2) { act() }
    depth -= 1
  }

  private func act() {
    switch upTo(9) {
    case 0, 1: plan()
    case 2: if readers.count < Self.readersMax { readers.append(newReader()) }
    case 3, 4: tidy()
    case 5: if oneIn(30) { loseMemory() }
    case 6:
      if let number = readers.indices.randomElement(using: &random) {
        readers.remove(at: number).finish(self)
      }
    default: if let reader = readers.randomElement(using: &random) { reader.step(self) }
    }
  }

  private func newReader() -> SimulatedReader {
    SimulatedReader(of: collections[upTo(Self.collectionCount - 1)])
  }

  // MARK: Changes

  private func vector() -> SimulatedRow {
    var sparse: [UInt32: Float] = [:]
    for _ in 0...upTo(4) { sparse[UInt32(upTo(12))] = Float(upTo(8) + 1) }
    return SimulatedRow(
      sparse: sparse, dense: (0..<SimulatedCollection.dimension).map { _ in Float(upTo(20)) - 10 })
  }

  private func plan() {
    let collection = collections[upTo(Self.collectionCount - 1)]
    guard !collection.isBusy else { return }
    collection.isBusy = true
    let live = store.rows[collection.number].keys.sorted()
    let share = live.count > Self.liveMax || oneIn(12) ? 1 : 4
    let removed = live.filter { _ in oneIn(share) }
    let first = collection.rowCount
    let inserted = (0..<upTo(9)).map { (offset: first + UInt32($0), row: vector()) }
    if removed.isEmpty, inserted.isEmpty {
      collection.isBusy = false
      return
    }
    let change = SimulatedChange(
      of: collection, removing: removed, inserting: inserted,
      origin: oneIn(3) ? .itself : .caller, isStale: oneIn(15),
      between: { [unowned self] in between() },
      completion: { [unowned self] in if $0 { noteAcknowledgement() } })
    if change.isStale { counts.replans += 1 }
    queue.append(change)
  }

  private func commit() {
    guard !isCommitting, !queue.isEmpty else { return }
    isCommitting = true
    defer { isCommitting = false }
    var group = CommitGroup(self, bytesMax: 100)
    let waiting = queue
    queue = []
    for change in waiting where !isLost { group.add(change) }
    if !isLost { group.commit() }
  }

  private func noteAcknowledgement() {
    if isLost { return }
    acknowledged = max(acknowledged, committed.load().sequence)
    expect(store.applied == committed.load().sequence, "answered before it was published")
  }

  // MARK: Upkeep

  /// A step of the indexer: takes a view, or changes lists by one that may be old by now, or shows
  /// what it has changed.
  private func tidy() {
    if isTidying { return }
    isTidying = true
    defer { isTidying = false }
    let task =
      upkeep
      ?? SimulatedUpkeep(
        of: collections[upTo(Self.collectionCount - 1)], makesLists: makesLists)
    upkeep = nil
    if task.step(upTo(3), stopping: { [unowned self] in isInterrupted() }), !isLost {
      upkeep = task
    }
    counts.segments += task.takeSegments()
    counts.listChanges += task.takeListChanges()
  }

  /// Has others go on in the middle of the indexer's work, the committer too.
  private func isInterrupted() -> Bool {
    between()
    if oneIn(3) { commit() }
    return isLost
  }

  // MARK: Losses

  /// Everything but the store is gone at once; whoever is at work finds out when it goes on.
  private func loseMemory() {
    counts.crashes += 1
    isLost = true
  }

  private func start() {
    expect(store.applied >= acknowledged, "commit \(acknowledged) was answered and is lost")
    let lost = history.keys.filter { $0 > store.applied }
    expect(lost.isEmpty, "commits \(lost) were seen and are lost")
    isLost = false
    isPublishing = false
    prepared = nil
    queue = []
    readers = []
    upkeep = nil
    committed.store(SimulatedCommit(store))
    collections = (0..<Self.collectionCount).map {
      SimulatedCollection($0, of: store, firstOffset: firstOffset)
    }
    for collection in collections {
      SimulatedReader(of: collection).finish(self)
    }
  }

  // MARK: Promises

  func expect(_ holds: Bool, _ text: @autoclosure () -> String) {
    if !holds, violation == nil { violation = text() }
  }

  /// What a collection had after a commit.
  func rows(of collection: Int, at sequence: UInt64) -> [UInt32: SimulatedRow] {
    history[sequence]?[collection] ?? [:]
  }

  func draw<Value>(_ body: (inout SeededGenerator) -> Value) -> Value { body(&random) }
  func noteRead() { counts.reads += 1 }
  func noteRetry() { counts.retries += 1 }
  var hasLostMemory: Bool { isLost }
  var isHalfPublished: Bool { isPublishing }
  var ignoresPairs: Bool { mistake == .forgetsPairs }
  var latest: SimulatedCommit { committed.load() }
}

extension EngineSimulation: CommitSite {
  var sequence: UInt64 { committed.load().sequence }
  var lastEntry: UInt64 { 0 }
  var syncsCommits: Bool { false }

  func write(
    _ parts: [any CommitPart], sequence: UInt64, entry: UInt64, sync: Bool
  ) throws(StorageError) {
    between()
    if isLost || draw({ Int.random(in: 0..<12, using: &$0) }) == 0 {
      counts.failures += 1
      throw .io("no room")
    }
    expect(sequence == store.applied + 1, "commit \(sequence) follows \(store.applied)")
    for case let part as SimulatedChange in parts {
      for offset in part.removed { store.rows[part.collection.number][offset] = nil }
      for (offset, row) in part.inserted { store.rows[part.collection.number][offset] = row }
    }
    store.applied = sequence
    history[sequence] = store.rows
    counts.commits += 1
    between()
  }

  func prepareEntry(
    of parts: [any CommitPart], number: UInt64
  ) throws(CollectionError) -> [UInt8]? {
    between()
    expect(prepared == nil || isLost, "two entries are prepared at once")
    if draw({ Int.random(in: 0..<20, using: &$0) }) == 0 {
      counts.refusals += 1
      throw .overloaded(retryAfterSeconds: 1)
    }
    prepared = number
    return [1]
  }

  func withdraw(_ entry: [UInt8], number: UInt64) -> CollectionError? {
    expect(prepared == number || isLost, "another entry was prepared than \(number)")
    prepared = nil
    return nil
  }

  func append(_ entry: [UInt8], number: UInt64) {
    expect(prepared == number || isLost, "another entry was prepared than \(number)")
    expect(isLost || store.applied == sequence + 1, "logged before it was written")
    prepared = nil
    between()
  }

  func publish(sequence: UInt64, entry: UInt64, _ parts: () -> Void) {
    let commit = SimulatedCommit(store)
    isPublishing = true
    if mistake == .publishesItselfFirst { committed.store(commit) }
    parts()
    if !isLost, mistake != .publishesItselfFirst { committed.store(commit) }
    isPublishing = false
    between()
  }

  func note(_ error: StorageError) { between() }
}

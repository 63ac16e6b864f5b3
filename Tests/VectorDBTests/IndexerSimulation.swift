import SeededRandom
import VectorDB

/// The indexer's rounds over collections that are numbers, without threads or clocks: a seed
/// decides what is committed, dropped, refused and lost while it works. What is due and possible
/// has to be done, what is impossible must keep nobody waiting, and where nothing is to be done
/// nothing is.
final class IndexerSimulation {
  struct Counts {
    var builds = 0
    var refusals = 0
    var interruptions = 0
    var inserts = 0
    var saves = 0
    var drops = 0

    static func += (sum: inout Counts, more: Counts) {
      sum.builds += more.builds
      sum.refusals += more.refusals
      sum.interruptions += more.interruptions
      sum.inserts += more.inserts
      sum.saves += more.saves
      sum.drops += more.drops
    }

    /// What is done once and then not again.
    var work: Int { builds + inserts + saves }
  }

  /// What is left out of the figures, to see that the simulation finds it.
  enum Mistake { case none, comparesRowsWithVectors, forgetsRefusals }

  final class Vector {
    /// One row in so many has the vector; 0 for none.
    let share: Int
    var hasIndex = false
    var vectors = 0
    var builtVectors = 0
    var lists: (wanted: Int?, built: Int?) = (nil, nil)
    var covered = 0
    var saved = 0
    var refusedAt: UInt64?
    var upkeepChanges: UInt64 = 0
    var upkeepSteps = 0
    /// Rows that it puts in order by itself.
    var waiting = 0

    init(share: Int) { self.share = share }
  }

  final class Collection {
    let number: UInt32
    let vectors: [Vector]
    /// Rows that come with every step of the indexer, however fast that is.
    var flood = 0
    /// Whether there is never memory for an index.
    var isPoor = false
    var isDropped = false
    var rows = 0
    var live = 0

    init(_ number: UInt32, _ vectors: [Vector]) {
      self.number = number
      self.vectors = vectors
    }
  }

  private(set) var violation: String?
  private(set) var counts = Counts()
  private let mistake: Mistake
  private var random: SeededGenerator
  private(set) var now: UInt64 = 1
  private(set) var collections: [Collection] = []
  private var queued: [UInt32: Collection] = [:]
  private var made: UInt32 = 0
  private var isCalm = false
  private var stepsOfRound = 0
  private var depth = 0
  private lazy var rounds = IndexRounds(self)

  private static let dueAt = 5000
  private static let stepsMax = 5000

  init(seed: UInt64, mistake: Mistake = .none) {
    self.mistake = mistake
    random = SeededGenerator(seed: seed)
    for _ in 0...upTo(3) { add() }
    if oneIn(3) { collections[0].flood = 100 + upTo(8000) }
    if oneIn(3), let last = collections.last { last.isPoor = true }
  }

  /// Runs so many rounds, lets what is left be done, and sees that nothing is done then.
  func run(rounds: Int) {
    for _ in 0..<rounds { round() }
    isCalm = true
    // Long enough for a build that was put off, and for all to be quiet.
    round(for: 40_000)
    check()
    for collection in collections { collection.flood = 0 }
    round(for: 40_000)
    check()
    let (before, start) = (counts, now)
    round(for: 60_000)
    expect(counts.work == before.work, "it goes on working although nothing is due")
    let poor = collections.filter(\.isPoor).reduce(0) { $0 + $1.vectors.count }
    let tries = poor * (1 + Int((now - start) / 10_000))
    expect(counts.refusals - before.refusals <= tries, "it asks for memory again and again")
  }

  private func round(for milliseconds: UInt64) {
    let end = now + milliseconds
    while now < end, violation == nil { round() }
  }

  private func round() {
    if violation != nil { return }
    if !isCalm { for _ in 0..<upTo(3) { change() } }
    let (before, hadRung) = (counts, !queued.isEmpty)
    stepsOfRound = 0
    rounds.round()
    // It sleeps until the next look, or is woken at once.
    if queued.isEmpty { now += 200 }
    let isIdle = before.work == counts.work && before.refusals == counts.refusals
    expect(
      !(isIdle && hadRung && !queued.isEmpty && isCalm && stepsOfRound == 0),
      "it wakes itself and does nothing")
  }

  private func check() {
    for collection in collections where !collection.isPoor && collection.flood == 0 {
      for (place, vector) in collection.vectors.enumerated() {
        let figures = figures(of: vector, in: collection)
        let what = "vector \(place) of collection \(collection.number)"
        expect(!figures.isFirstDue, "\(what) has no index")
        expect(!figures.hasIndex || figures.tailRows == 0, "\(what) has a tail")
        expect(!figures.wantsRebuild(at: now), "\(what) has an old index")
        expect(vector.waiting == 0, "\(what) is not in order")
        expect(!figures.isWorthSaving(atLeast: 2000), "\(what) is not saved")
      }
    }
  }

  private func expect(_ holds: Bool, _ text: @autoclosure () -> String) {
    if !holds, violation == nil { violation = text() }
  }

  // MARK: What the seed decides

  private func upTo(_ count: Int) -> Int { Int.random(in: 0...count, using: &random) }
  private func oneIn(_ count: Int) -> Bool { upTo(count - 1) == 0 }

  private func add() {
    made += 1
    let vectors = (0...upTo(1)).map { _ in Vector(share: [0, 1, 1, 3, 20][upTo(4)]) }
    collections.append(Collection(made, vectors))
  }

  private func change() {
    guard let collection = collections.randomElement(using: &random) else { return add() }
    switch upTo(11) {
    case 0: if collections.count < 6 { add() }
    case 1: if oneIn(collection.isPoor || collection.flood > 0 ? 40 : 4) { drop(collection) }
    case 2: remove(upTo(collection.live), of: collection)
    case 3: for vector in collection.vectors { vector.lists.wanted = oneIn(2) ? nil : 10 }
    case 4...6: insert(upTo(200), into: collection)
    default: insert(upTo(9000), into: collection)
    }
  }

  private func insert(_ count: Int, into collection: Collection) {
    if collection.isDropped { return }
    let before = collection.rows
    collection.rows += count
    collection.live += count
    for vector in collection.vectors {
      if vector.share > 0 {
        vector.vectors += collection.rows / vector.share - before / vector.share
      }
      if vector.share == 3 { vector.waiting += count }
      let figures = figures(of: vector, in: collection)
      if figures.isFirstDue || vector.waiting > 1000
        || figures.tailRows >= IndexFigures.tailRowsWorthAnInsert
      {
        queued[collection.number] = collection
      }
    }
  }

  private func remove(_ count: Int, of collection: Collection) {
    collection.live -= count
    for vector in collection.vectors where vector.share > 0 {
      vector.vectors = max(0, vector.vectors - count / vector.share)
    }
  }

  private func drop(_ collection: Collection) {
    counts.drops += 1
    collection.isDropped = true
    collections.removeAll { $0 === collection }
  }

  /// Somebody else goes on between two steps of the indexer.
  private func between(_ collection: Collection, milliseconds: UInt64 = 5) {
    now += milliseconds
    stepsOfRound += 1
    expect(stepsOfRound < Self.stepsMax, "a round has no end")
    insert(collection.flood, into: collection)
    if !isCalm, oneIn(3) { change() }
  }
}

extension IndexerSimulation: IndexSite {
  var isStopped: Bool { violation != nil }

  func takeQueued() -> [Collection] {
    defer { queued = [:] }
    return Array(queued.values)
  }

  func queue(_ collection: Collection) { queued[collection.number] = collection }
  func number(of collection: Collection) -> UInt32 { collection.number }
  func isDropped(_ collection: Collection) -> Bool { collection.isDropped }
  func nextOffset(of collection: Collection) -> UInt32 { UInt32(clamping: collection.rows) }
  func vectors(of collection: Collection) -> [Vector] { collection.vectors }

  func figures(of vector: Vector, in collection: Collection) -> IndexFigures {
    var figures = IndexFigures()
    figures.hasIndex = vector.hasIndex
    figures.isFirstDue = !vector.hasIndex && collection.live > Self.dueAt
    figures.vectors = mistake == .comparesRowsWithVectors ? collection.live : vector.vectors
    figures.builtVectors = vector.builtVectors
    figures.lists = vector.lists
    figures.refusedAt = mistake == .forgetsRefusals ? nil : vector.refusedAt
    figures.tailRows = vector.hasIndex ? collection.rows - vector.covered : vector.waiting
    figures.coveredRows = UInt32(clamping: vector.hasIndex ? vector.covered : 0)
    figures.savedRows = UInt32(clamping: vector.saved)
    figures.live = collection.live
    figures.changes = UInt64(2 * collection.rows - collection.live)
    figures.upkeepChanges = vector.upkeepChanges
    return figures
  }

  func putInOrder(_ collection: Collection, _ vector: Vector) -> Bool {
    if collection.isDropped || vector.waiting == 0 { return false }
    vector.waiting -= min(vector.waiting, 2000)
    between(collection)
    return true
  }

  func moveOut(_ collection: Collection, _ vector: Vector) {}
  func moveRows(_ collection: Collection, _ vector: Vector) {}
  func recalibrate(_ collection: Collection, _ vector: Vector, renewsOld: Bool) {}

  func insert(_ collection: Collection, _ vector: Vector, limit: Int) -> Int {
    if collection.isDropped { return 0 }
    let count = min(limit, collection.rows - vector.covered)
    vector.covered += count
    counts.inserts += count > 0 ? 1 : 0
    between(collection)
    return count
  }

  func build(_ collection: Collection, _ vector: Vector) {
    if collection.isPoor || !isCalm && oneIn(4) {
      counts.refusals += 1
      vector.refusedAt = now
      return between(collection)
    }
    vector.refusedAt = nil
    counts.builds += 1
    defer { rounds.requeueUnfinished() }
    let (rows, vectors, lists) = (collection.rows, vector.vectors, vector.lists.wanted)
    for _ in 0...upTo(4) {
      between(collection, milliseconds: 100)
      rounds.drainTails()
      guard !collection.isDropped, !isStopped, isCalm || !oneIn(20) else {
        counts.interruptions += 1
        return
      }
    }
    vector.hasIndex = true
    vector.covered = rows
    vector.saved = 0
    vector.builtVectors = vectors
    vector.lists.built = lists
    rounds.save(collection, atLeast: 0)
  }

  func noteUpkeep(_ vector: Vector, after changes: UInt64) {
    vector.upkeepChanges = changes
    vector.upkeepSteps = upTo(5)
  }

  func maintain(_ collection: Collection, _ vector: Vector, packs: Bool) -> Bool {
    between(collection)
    vector.upkeepSteps -= 1
    return vector.upkeepSteps > 0
  }

  func save(_ collection: Collection, _ vector: Vector) {
    if isCalm || !oneIn(5) { vector.saved = vector.covered }
    counts.saves += 1
  }
}

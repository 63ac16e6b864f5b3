import SeededRandom
import VectorDB

/// The payload indexer's rounds over collections that are numbers, by a seed: builds that fail for
/// a while or for good, merges that can't be made, collections that go meanwhile.
final class PayloadIndexerSimulation {
  struct Counts {
    var builds = 0
    var failures = 0
    var merges = 0
    var impossible = 0

    static func += (sum: inout Counts, more: Counts) {
      sum.builds += more.builds
      sum.failures += more.failures
      sum.merges += more.merges
      sum.impossible += more.impossible
    }
  }

  /// What is taken for something else, to see that the simulation finds it.
  enum Mistake { case none, takesImpossibleForMade }

  final class Collection {
    var fields = 0
    /// Builds that fail before one does not.
    var failures = 0
    var merges = 0
    var canMerge = true
    /// Whether another merge is due whenever one was made.
    var isFlooded = false
    var isDropped = false

    var isDone: Bool { isDropped || fields == 0 && (merges == 0 || !canMerge) }
  }

  private(set) var violation: String?
  private(set) var counts = Counts()
  private let mistake: Mistake
  private var random: SeededGenerator
  private var now: UInt64 = 0
  private var collections: [Collection] = []
  private var rung: [Collection] = []
  private var stepsOfRound = 0
  private var isCalm = false
  private var idleRounds = 0
  private var rounds = PayloadIndexRounds<Collection>()

  init(seed: UInt64, mistake: Mistake = .none) {
    self.mistake = mistake
    random = SeededGenerator(seed: seed)
    collections = (0...upTo(4)).map { _ in Collection() }
    collections[0].isFlooded = oneIn(3)
    if oneIn(3) { collections[collections.count - 1].failures = .max }
  }

  func run(rounds: Int) {
    for _ in 0..<rounds where violation == nil {
      for _ in 0..<upTo(2) { change() }
      round()
    }
    isCalm = true
    for collection in collections { collection.isFlooded = false }
    // Whatever fails no more is tried within the longest pause.
    let end = now + 200_000
    while now < end, violation == nil, round() {}
    for collection in collections where collection.failures < .max {
      expect(collection.isDone, "something is due and not done")
    }
    let before = counts
    let later = now + 600_000
    while now < later, violation == nil, round() {}
    expect(counts.merges == before.merges && counts.builds == before.builds, "it goes on working")
    expect(counts.failures - before.failures <= 12, "it tries what fails again and again")
  }

  /// - Returns: whether it does not wait for good.
  @discardableResult
  private func round() -> Bool {
    if rung.isEmpty {
      guard let pause = rounds.pause(at: now) else { return false }
      now += pause
    }
    let (before, ready) = (counts, rung)
    let served = ready.filter { $0.failures == 0 }
    rung = []
    stepsOfRound = 0
    rounds.run(ready, of: self, at: { now })
    let isIdle =
      before.builds == counts.builds && before.merges == counts.merges
      && before.failures == counts.failures
    idleRounds = isIdle && rounds.pause(at: now) == 0 ? idleRounds + 1 : 0
    // While one round did nothing it may have become time to try something again.
    expect(idleRounds < 2, "it goes on at once although it did nothing")
    for collection in served where !rung.contains(where: { $0 === collection }) {
      expect(collection.fields == 0 || collection.isDropped, "it was not served in its turn")
    }
    return true
  }

  private func change() {
    guard let collection = collections.randomElement(using: &random) else { return }
    switch upTo(7) {
    case 0: if oneIn(6) { collection.isDropped = true }
    case 1: if collection.failures == 0 { collection.failures = upTo(3) }
    case 2: collection.canMerge = oneIn(2)
    case 3, 4: collection.merges += upTo(3)
    default: collection.fields += 1
    }
    if !collection.isDone || collection.merges > 0 { rung.append(collection) }
  }

  private func upTo(_ count: Int) -> Int { Int.random(in: 0...count, using: &random) }
  private func oneIn(_ count: Int) -> Bool { upTo(count - 1) == 0 }

  private func expect(_ holds: Bool, _ text: @autoclosure () -> String) {
    if !holds, violation == nil { violation = text() }
  }

  private func step(_ milliseconds: UInt64) {
    now += milliseconds
    stepsOfRound += 1
    expect(stepsOfRound < 500, "a round has no end")
  }
}

extension PayloadIndexerSimulation: PayloadIndexSite {
  var isStopped: Bool { violation != nil }
  func isDropped(_ collection: Collection) -> Bool { collection.isDropped }

  func build(_ collection: Collection) -> Bool {
    if collection.fields == 0 { return true }
    step(100)
    if !isCalm, oneIn(10) { change() }
    if collection.isDropped { return true }
    if collection.failures > 0 {
      counts.failures += 1
      if collection.failures < .max { collection.failures -= 1 }
      return false
    }
    counts.builds += 1
    collection.fields = 0
    return true
  }

  func merge(_ collection: Collection) -> PayloadMergeOutcome {
    if collection.merges == 0 { return .none }
    step(10)
    if collection.isDropped || !collection.canMerge {
      counts.impossible += 1
      return mistake == .takesImpossibleForMade ? .made : .impossible
    }
    counts.merges += 1
    if !collection.isFlooded { collection.merges -= 1 }
    return .made
  }
}

/// What the payload indexer works on, and what it does for a collection. Used on its thread.
package protocol PayloadIndexSite: AnyObject {
  associatedtype Collection: AnyObject

  /// Whether the payload indexer is to end.
  var isStopped: Bool { get }
  func isDropped(_ collection: Collection) -> Bool
  /// Builds all fields that wait, if any do.
  ///
  /// - Returns: whether none of them failed that is to be tried again.
  func build(_ collection: Collection) -> Bool
  /// Makes a merge that is due.
  func merge(_ collection: Collection) -> PayloadMergeOutcome
}

/// What became of a merge.
package enum PayloadMergeOutcome: Sendable {
  /// None is due.
  case none
  /// It was made; another may be due.
  case made
  /// It is due and can't be made now: it is left to a later commit.
  case impossible
}

/// The order in which the payload indexer does what is due, without threads, clocks or I/O.
///
/// Collections take turns, and what failed is tried again after all that did not: after a second,
/// and where it goes on failing after twice as long each time, up to a minute.
package struct PayloadIndexRounds<Collection: AnyObject> {
  private struct Failure {
    /// What was dropped is not kept for it.
    weak var collection: Collection?
    let pause: UInt64
    let dueAt: UInt64
  }

  private var failures: [Failure] = []
  /// Those whose turn came to its end before all was done.
  private var left: [Collection] = []

  private static var firstPauseMilliseconds: UInt64 { 1000 }
  private static var longestPauseMilliseconds: UInt64 { 60_000 }
  private static var mergesPerTurn: Int { 8 }

  /// Before the first round.
  package init() {}

  /// How long to wait for a ring before the next round, in milliseconds; `nil` for as long as it
  /// takes.
  package func pause(at now: UInt64) -> UInt64? {
    if !left.isEmpty { return 0 }
    return failures.map { $0.dueAt > now ? $0.dueAt - now : 0 }.min()
  }

  /// Gives a turn to those that rang, to those that are left, and to those to be tried again.
  package mutating func run<Site: PayloadIndexSite>(
    _ rung: [Collection], of site: Site, at now: () -> UInt64
  ) where Site.Collection == Collection {
    let start = now()
    var turns = rung
    func add(_ collection: Collection) {
      if !turns.contains(where: { $0 === collection }) { turns.append(collection) }
    }
    for collection in left { add(collection) }
    left = []
    failures.removeAll { $0.collection.map(site.isDropped) ?? true }
    for failure in failures where failure.dueAt <= start {
      if let collection = failure.collection { add(collection) }
    }
    for collection in turns where !site.isStopped && !site.isDropped(collection) {
      if site.build(collection) {
        failures.removeAll { $0.collection === collection }
      } else {
        note(collection, failedAt: now())
      }
      merge(collection, of: site)
    }
  }

  private mutating func note(_ collection: Collection, failedAt now: UInt64) {
    let before = failures.first { $0.collection === collection }
    failures.removeAll { $0.collection === collection }
    let pause =
      before.map { min(2 * $0.pause, Self.longestPauseMilliseconds) }
      ?? Self.firstPauseMilliseconds
    failures.append(Failure(collection: collection, pause: pause, dueAt: now + pause))
  }

  private mutating func merge<Site: PayloadIndexSite>(_ collection: Collection, of site: Site)
  where Site.Collection == Collection {
    for _ in 0..<Self.mergesPerTurn {
      guard !site.isStopped, case .made = site.merge(collection) else { return }
    }
    left.append(collection)
  }
}

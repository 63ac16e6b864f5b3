import Synchronization

/// What the indexer has to do.
final class IndexQueue: Sendable {
  private let collections = CollectionQueue()
  private let hasDropped = Mutex(false)

  var signal: StopSignal { collections.signal }

  /// Notes that a vector is no more, whose saved index is of no use.
  func noteDropped() {
    hasDropped.withLock { $0 = true }
    signal.ring()
  }

  /// Whether a vector was dropped since this was asked last.
  func takeDropped() -> Bool {
    hasDropped.withLock { hasDropped in
      defer { hasDropped = false }
      return hasDropped
    }
  }

  /// Adds a collection and wakes the indexer.
  func add(_ collection: PointCollection) { collections.add(collection) }

  /// Takes the collections that wait.
  func takeAll() -> [PointCollection] { collections.takeAll() }

  var isClosed: Bool { collections.isClosed }
}

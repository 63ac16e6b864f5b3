import Synchronization

/// Collections that the indexer has something to do for, each once.
final class IndexQueue: Sendable {
  private let state = Mutex(State())
  let signal = StopSignal()

  private struct State {
    var waiting: [UInt32: PointCollection] = [:]
    var hasDropped = false
  }

  /// Notes that a vector is no more, whose saved index is of no use.
  func noteDropped() {
    state.withLock { $0.hasDropped = true }
    signal.ring()
  }

  /// Whether a vector was dropped since this was asked last.
  func takeDropped() -> Bool {
    state.withLock { state in
      defer { state.hasDropped = false }
      return state.hasDropped
    }
  }

  /// Adds a collection and wakes the indexer.
  func add(_ collection: PointCollection) {
    let isNew = state.withLock {
      $0.waiting.updateValue(collection, forKey: collection.number) == nil
    }
    if isNew { signal.ring() }
  }

  /// Takes what waits.
  func takeAll() -> [PointCollection] {
    state.withLock { state in
      defer { state.waiting = [:] }
      return Array(state.waiting.values)
    }
  }

  var isClosed: Bool { signal.isSet }
}

import Synchronization

/// Collections that a thread has something to do for, each once, and the signal that wakes it.
final class CollectionQueue: Sendable {
  let signal = StopSignal()
  private let waiting = Mutex<[UInt32: PointCollection]>([:])

  /// Adds a collection and wakes the thread.
  func add(_ collection: PointCollection) {
    let isNew = waiting.withLock {
      $0.updateValue(collection, forKey: collection.number) == nil
    }
    if isNew { signal.ring() }
  }

  /// Takes what waits.
  func takeAll() -> [PointCollection] {
    waiting.withLock { waiting in
      defer { waiting = [:] }
      return Array(waiting.values)
    }
  }

  var isClosed: Bool { signal.isSet }
}

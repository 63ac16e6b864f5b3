import Storage
import Synchronization

/// Numbers of deleted collections whose space on disk was not given back yet.
///
/// Each has a `dropped/` record in the store, written with the deletion itself, so that what a
/// crash interrupts is taken up at the next open.
final class DroppedCollections: Sendable {
  private let numbers = Mutex<Set<UInt32>>([])

  func add(_ number: UInt32) {
    numbers.withLock { _ = $0.insert(number) }
  }

  /// Those that wait, ascending.
  var waiting: [UInt32] { numbers.withLock { $0.sorted() } }

  /// Reads what earlier runs left.
  func load(from store: KeyValueStore) throws(StorageError) {
    let upper = KeyLayout.droppedPrefix + [UInt8](repeating: .max, count: 5)
    var iterator = try store.scan(in: KeyLayout.meta, from: KeyLayout.droppedPrefix, upTo: upper)
    while try iterator.next() {
      let number = iterator.key.readBigEndian(UInt32.self, at: KeyLayout.droppedPrefix.count)
      if let number { add(number) }
    }
  }

  /// Gives back the space of `numbers`, ascending: whole files at once, the rest by compaction.
  /// Blocking, for as long as the compaction takes. `isStopped` ends it early; what is not done
  /// then stays noted.
  ///
  /// - Parameter compacts: false leaves the rest to a later run, in which no table is damaged.
  func reclaim(
    _ numbers: [UInt32], in store: KeyValueStore, compacts: Bool = true, isStopped: () -> Bool
  ) throws(StorageError) {
    // The log and the write buffers hold the deleted records as well.
    try store.flush()
    for run in Self.runs(numbers) {
      let lower = KeyLayout.range(of: run.lowerBound).lower
      let upper = KeyLayout.range(of: run.upperBound).upper
      for family in KeyLayout.pointFamilies {
        try store.deleteFilesInRange(in: family, from: lower, upTo: upper)
        if compacts { try store.compactRange(in: family, from: lower, upTo: upper) }
        if isStopped() { return }
      }
      self.numbers.withLock { $0.subtract(run) }
      if !compacts { continue }
      var batch = WriteBatch()
      for number in run where numbers.contains(number) {
        batch.delete(key: KeyLayout.dropped(number), in: KeyLayout.meta)
      }
      try store.write(batch, sync: false)
    }
  }

  /// Neighbouring numbers together, so that a thousand small collections are one compaction.
  static func runs(_ numbers: [UInt32]) -> [ClosedRange<UInt32>] {
    var runs: [ClosedRange<UInt32>] = []
    for number in numbers {
      if let last = runs.last, last.upperBound + 1 == number {
        runs[runs.count - 1] = last.lowerBound...number
      } else {
        runs.append(number...number)
      }
    }
    return runs
  }
}

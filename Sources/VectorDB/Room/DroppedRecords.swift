import Storage
import Synchronization

/// Deleted collections, and vectors that collections have no more, whose space on disk was not
/// given back yet.
///
/// Each has a record in the store, written with the deletion itself, so that what a crash
/// interrupts is taken up at the next open.
final class DroppedRecords: Sendable {
  /// What waits.
  struct Waiting {
    var collections: Set<UInt32> = []
    var vectors: Set<DroppedVector> = []

    var isEmpty: Bool { collections.isEmpty && vectors.isEmpty }

    /// Where their records are.
    var ranges: [KeyRange] {
      DroppedRecords.runs(collections.sorted()).flatMap(DroppedRecords.ranges)
        + vectors.map(\.range)
    }
  }

  /// Keys of one family.
  struct KeyRange {
    let family: ColumnFamily
    let lower: [UInt8]
    let upper: [UInt8]
  }

  private let state = Mutex(Waiting())

  func add(collection: UInt32) { state.withLock { _ = $0.collections.insert(collection) } }

  func add(_ vector: DroppedVector) { state.withLock { _ = $0.vectors.insert(vector) } }

  var waiting: Waiting { state.withLock { $0 } }

  /// Reads what earlier runs left.
  func load(from store: KeyValueStore) throws(StorageError) {
    try forEach(KeyLayout.droppedPrefix, in: store) { digits in
      if let number = digits.readBigEndian(UInt32.self, at: 0) { add(collection: number) }
    }
    try forEach(KeyLayout.droppedVectorPrefix, in: store) { digits in
      guard let collection = digits.readBigEndian(UInt32.self, at: 0),
        let vector = digits.readBigEndian(UInt16.self, at: 4)
      else { return }
      add(DroppedVector(collection: collection, number: vector))
    }
  }

  private func forEach(
    _ prefix: [UInt8], in store: KeyValueStore, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(StorageError) {
    let upper = prefix + [UInt8](repeating: .max, count: 7)
    var iterator = try store.scan(in: KeyLayout.meta, from: prefix, upTo: upper)
    while try iterator.next() {
      body(UnsafeRawBufferPointer(rebasing: iterator.key.dropFirst(prefix.count)))
    }
  }

  /// Gives back the space of `waiting`: whole files at once, the rest by compaction. Blocking, for
  /// as long as the compaction takes. `isStopped` ends it early; what is not done then stays noted.
  ///
  /// - Parameter compacts: false leaves the rest to a later run, in which no table is damaged.
  func reclaim(
    _ waiting: Waiting, in store: KeyValueStore, compacts: Bool = true, isStopped: () -> Bool
  ) throws(StorageError) {
    // The log and the write buffers hold the deleted records as well.
    try store.flush()
    var done = WriteBatch()
    for run in Self.runs(waiting.collections.sorted()) {
      guard try reclaim(Self.ranges(of: run), in: store, compacts, isStopped) else { return }
      state.withLock { $0.collections.subtract(run) }
      for number in run where waiting.collections.contains(number) {
        done.delete(key: KeyLayout.dropped(number), in: KeyLayout.meta)
      }
    }
    for vector in waiting.vectors {
      guard try reclaim([vector.range], in: store, compacts, isStopped) else { return }
      state.withLock { _ = $0.vectors.remove(vector) }
      done.delete(key: vector.record, in: KeyLayout.meta)
    }
    if compacts { try store.write(done, sync: false) }
  }

  /// - Returns: false when it was ended early.
  private func reclaim(
    _ ranges: [KeyRange], in store: KeyValueStore, _ compacts: Bool, _ isStopped: () -> Bool
  ) throws(StorageError) -> Bool {
    for range in ranges {
      try store.deleteFilesInRange(in: range.family, from: range.lower, upTo: range.upper)
      if compacts {
        try store.compactRange(in: range.family, from: range.lower, upTo: range.upper)
      }
      if isStopped() { return false }
    }
    return true
  }

  private static func ranges(of run: ClosedRange<UInt32>) -> [KeyRange] {
    let lower = KeyLayout.range(of: run.lowerBound).lower
    let upper = KeyLayout.range(of: run.upperBound).upper
    return KeyLayout.pointFamilies.map { KeyRange(family: $0, lower: lower, upper: upper) }
  }

  /// Neighbouring numbers together, so that a thousand small collections are one compaction.
  private static func runs(_ numbers: [UInt32]) -> [ClosedRange<UInt32>] {
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

/// A vector that its collection has no more.
struct DroppedVector: Sendable, Hashable {
  let collection: UInt32
  /// Its number in keys.
  let number: UInt16

  /// The key of the record that remembers it.
  var record: [UInt8] { KeyLayout.droppedVector(collection, number) }

  /// Where its rows are.
  var range: DroppedRecords.KeyRange {
    let (lower, upper) = KeyLayout.range(ofVector: number, of: collection)
    return DroppedRecords.KeyRange(family: KeyLayout.vectors, lower: lower, upper: upper)
  }
}

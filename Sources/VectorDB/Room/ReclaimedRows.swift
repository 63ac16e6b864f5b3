import Storage
import Synchronization

/// Decides when the records of deleted and overwritten points are worth a compaction of their
/// collection, and runs it.
struct ReclaimedRows {
  /// Rows of each collection that had died by its last compaction.
  private var reclaimed: [UInt32: Int] = [:]

  /// Fewer dead rows than this are left to the store's own compactions.
  private static let deadRowsMin = 1000
  /// What a stored vector takes beside its components: key, sequence number, index.
  private static let keyBytes = 24
  /// What a collection may take beyond its live vectors before it counts as full of dead ones.
  private static let slackBytes: UInt64 = 8 << 20

  /// Notes what the collections that were opened had reclaimed already.
  mutating func begin(_ core: DatabaseCore, _ catalog: Catalog) throws(StorageError) {
    for collection in catalog.all {
      let (dead, live) = collection.rowCounts
      if dead == 0 { continue }
      reclaimed[collection.number] = try isFullOfDead(collection, live, core.store) ? 0 : dead
    }
  }

  /// Compacts the collections in which a third of the rows on disk are dead. Blocking.
  ///
  /// - Returns: whether there were any.
  mutating func reclaim(
    _ core: DatabaseCore, _ catalog: Catalog, isStopped: () -> Bool
  ) throws(StorageError) -> Bool {
    var ripe: [(number: UInt32, dead: Int)] = []
    let present = Set(catalog.unordered.map(\.number))
    reclaimed = reclaimed.filter { present.contains($0.key) }
    for collection in catalog.unordered {
      let (dead, live) = collection.rowCounts
      let fresh = dead - (reclaimed[collection.number] ?? 0)
      if fresh >= max(Self.deadRowsMin, live / 2) { ripe.append((collection.number, dead)) }
    }
    if ripe.isEmpty { return false }
    // A deletion that is only in a write buffer takes nothing off the files.
    try core.store.flush()
    for (number, dead) in ripe {
      let range = KeyLayout.range(of: number)
      for family in KeyLayout.pointFamilies {
        try core.store.compactRange(in: family, from: range.lower, upTo: range.upper)
        if isStopped() { return true }
      }
      reclaimed[number] = dead
    }
    return true
  }

  /// Whether an earlier run left much more on disk than the live vectors take. Vectors are stored
  /// as they are, so their size is known.
  private func isFullOfDead(
    _ collection: PointCollection, _ live: Int, _ store: KeyValueStore
  ) throws(StorageError) -> Bool {
    let range = KeyLayout.range(of: collection.number)
    let stored = try store.approximateBytes(
      in: KeyLayout.vectors, from: range.lower, upTo: range.upper)
    let expected = collection.fields.reduce(0) {
      $0 + UInt64($1.storedBytes(live: live)) + UInt64(live * Self.keyBytes)
    }
    return stored > expected + expected / 2 + Self.slackBytes
  }
}

extension PointCollection {
  /// Rows that have died since the collection was created, and rows that live.
  var rowCounts: (dead: Int, live: Int) {
    state.withLock { state in
      if state.phase != .ready { return (0, 0) }
      return (Int(state.counters.nextOffset) - state.liveCount, state.liveCount)
    }
  }
}

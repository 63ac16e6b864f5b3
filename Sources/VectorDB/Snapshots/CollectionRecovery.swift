import PointModel
import Storage
import Synchronization
import VectorIndex

/// Where a recovery is made to fail, for tests of what it leaves behind.
package enum RecoveryFault: Sendable {
  /// It fails after so many batches.
  case failing(afterBatches: Int)
  /// It ends after so many batches as the end of the process would end it.
  case ending(afterBatches: Int)
}

/// Makes a collection of a snapshot and puts it in the place of the one of that name.
///
/// Nobody sees anything of it before the one batch that swaps the catalogue entries. Its calls
/// block.
struct CollectionRecovery {
  let core: DatabaseCore
  let catalog: Catalog
  let flag: CancellationFlag
  var fault: RecoveryFault?

  /// - Returns: the collection that was replaced.
  func run(
    _ name: String, from path: String, checksum: String?
  ) throws(CollectionError) -> PointCollection? {
    let (manifest, found) = try SnapshotReader.verify(path, flag: flag)
    if let checksum, checksum.lowercased() != found {
      throw .badRequest("Snapshot checksum mismatch: expected \(checksum), got \(found)")
    }
    guard case .collection(var entry, let nextOperation, _) = manifest else {
      throw .badRequest(
        "the snapshot is one of a whole server, which an empty server is started from")
    }
    entry.name = name
    let points = try ArchivedPoints(entry, nextOperation: nextOperation)
    if let current = try? catalog.collection(named: name) {
      try current.requireSameVectors(as: entry.config)
    }
    let number = try core.submitBlocking { completion in .reserveNumber(completion) }
    var abandoned = false
    do throws(CollectionError) {
      let collection = try fill(number, entry, points, path, &abandoned)
      return try core.submitBlocking { completion in .replaceCollection(collection, completion) }
    } catch {
      if !abandoned { OrphanRanges(core: core).remove(number) }
      throw error
    }
  }

  private func fill(
    _ number: UInt32, _ entry: CatalogEntry, _ points: ArchivedPoints, _ path: String,
    _ abandoned: inout Bool
  ) throws(CollectionError) -> PointCollection {
    var reader = try SnapshotReader(try SnapshotFile.read(path))
    var offset: UInt32 = 0
    var vectors: UInt64 = 0
    var batches = 0
    while let frame = try reader.next() {
      if flag.isCancelled { throw .shuttingDown }
      guard frame.kind == .points else { throw .damagedSnapshot("it holds more than points") }
      var batch = WriteBatch()
      vectors += try frame.body.withRaw { body throws(CollectionError) in
        try points.put(body, of: number, from: &offset, into: &batch)
      }
      try write(batch)
      batches += 1
      switch fault {
      case .failing(batches): throw .storage("a fault was asked for")
      case .ending(batches):
        abandoned = true
        throw .storage("an end was asked for")
      case .failing, .ending, nil: break
      }
    }
    guard let totals = reader.totals, totals.items == UInt64(offset), totals.parts == vectors else {
      throw .damagedSnapshot("it holds other numbers of points or vectors than it says")
    }
    var counters = CollectionCounters()
    counters.nextOperation = points.nextOperation
    counters.nextOffset = offset
    let collection = PointCollection(entry: entry, number: number, core: core, counters: counters)
    do throws(DatabaseError) {
      try CollectionLoader(collection, flag: flag).load()
    } catch {
      if flag.isCancelled { throw .shuttingDown }
      throw .storage("what was recovered can't be loaded: \(error)")
    }
    guard collection.state.withLock({ $0.liveCount }) == Int(offset) else {
      throw .damagedSnapshot("two of its points have the same id")
    }
    return collection
  }

  /// Unsynced: the batch that publishes the collection syncs them all.
  private func write(_ batch: borrowing WriteBatch) throws(CollectionError) {
    do throws(StorageError) {
      try core.store.write(batch, sync: false)
    } catch {
      throw CollectionError(error)
    }
  }
}

extension PointCollection {
  /// The collection that has taken this one's place since a snapshot was recovered.
  var successor: PointCollection? { state.withLock { $0.successor } }

  /// Has requests staged that came to a collection which this one has replaced.
  func enqueue(_ requests: [PointsRequest]) {
    for request in requests {
      let isFirst = self.requests.add(request)
      if isFirst { core.stage(self) }
    }
  }

  /// The collection that has taken this one's place by now, or this one.
  var current: PointCollection {
    var current = self
    while let successor = current.successor { current = successor }
    return current
  }

  /// Refuses a configuration whose vectors differ from this collection's.
  func requireSameVectors(as config: CollectionConfig) throws(CollectionError) {
    let own = vectors.map { "\($0.name): \($0.size) \($0.distance)" }
    let other = config.vectors.all.map {
      "\($0.name): \($0.params.size) \($0.params.distance)"
    }
    guard own.sorted() == other.sorted() else {
      throw .badRequest(
        """
        Snapshot is not compatible with existing collection: \
        Collection vectors: [\(own.joined(separator: ", "))], \
        Snapshot vectors: [\(other.joined(separator: ", "))]
        """)
    }
  }
}

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
  let progress: SnapshotProgress
  var fault: RecoveryFault?
  var origin = ChangeOrigin.caller

  /// - Returns: the collection that was replaced.
  func run(
    _ name: String, from path: String, checksum: String?
  ) throws(CollectionError) -> PointCollection? {
    if origin.isCaller { try core.options.log?.admit() }
    let work = try core.memory.lease(0, for: .work)
    let verified = try SnapshotReader.verify(path, flag: flag, lease: work, progress: progress)
    if let checksum, checksum.lowercased() != verified.checksum {
      throw .badRequest(
        "Snapshot checksum mismatch: expected \(checksum), got \(verified.checksum)")
    }
    guard case .collection(var entry, let nextOperation, _) = verified.manifest else {
      throw .badRequest(
        "the snapshot is one of a whole server, which an empty server is started from")
    }
    entry.name = name
    let points = try ArchivedPoints(entry, nextOperation: nextOperation)
    if let current = try? catalog.collection(named: name) {
      try current.requireSameVectors(as: entry.config)
    }
    let size = try SnapshotFile.read(path).size()
    let lease = try core.memory.lease(
      growth(entry, verified.totals, fileBytes: size), for: .recovery)
    if origin.isCaller {
      try core.options.log?.keepSnapshot(at: path, checksum: verified.checksum)
    }
    let number = UInt32(
      truncatingIfNeeded: try core.changeBlocking(.reserveNumber, origin: .itself).number)
    var abandoned = false
    do throws(CollectionError) {
      let collection = try fill(number, entry, points, verified.totals, path, &abandoned)
      try buildIndexes(of: collection)
      let old = try core.changeBlocking(
        .replace(collection, checksum: verified.checksum), origin: origin
      ).removed
      lease.release()
      return old
    } catch {
      lease.abandon()
      if !abandoned { OrphanRanges(core: core).remove(number) }
      if case .outOfSpace = error { core.options.giveMemoryBack() }
      throw error
    }
  }

  /// About what a collection of so many points and vectors takes, with its vector indexes. Payload
  /// indexes take leases of their own as they grow.
  private func growth(
    _ entry: CatalogEntry, _ totals: SnapshotTotals, fileBytes: Int
  ) -> RowGrowth {
    let rows = Int(clamping: min(totals.items, UInt64(UInt32.max)))
    let empty = PointCollection(
      entry: entry, number: 0, core: core, counters: CollectionCounters())
    let longest = empty.fields.map(\.keptRowBytes).max() ?? 0
    let identity = PointCollection.bytesPerRowWithoutVectors
    // Not every point need have every vector.
    var vectors = min(
      rows.multipliedReportingOverflow(by: empty.keptBytesPerRow).partialValue,
      Int(clamping: totals.parts).multipliedReportingOverflow(by: longest).partialValue)
    // Of vectors that differ in length it is only known that the file holds them; an index may take
    // as much again.
    if empty.fields.contains(where: { !$0.format.hasFixedLength }) {
      vectors = max(vectors, fileBytes.multipliedReportingOverflow(by: 2).partialValue)
    }
    var growth = RowGrowth()
    growth.memory =
      rows * identity + vectors + empty.indexGrowth(rows: rows)
      + min(fileBytes, 2 * Self.bytesBetweenFlushes)
    growth.disk = 2 * fileBytes
    return growth
  }

  /// Builds what the collection will be searched with, so that nobody meets it without.
  private func buildIndexes(of collection: PointCollection) throws(CollectionError) {
    let read = collection.beginUnpublishedRead()
    let lists = collection.config.ivfLists
    let due = read.fields.filter { collection.isIndexDue($0.field) }
    for (count, view) in due.enumerated() {
      do throws(BuildInterrupted) {
        let index = try view.field.buildIndex(
          over: view, read.visibility, lists: lists, help: nil
        ) { share in
          let done = Double(count) + share
          progress.note(Int(done * 1000), of: due.count * 1000, after: .loaded, until: .built)
          return !flag.isCancelled
        }
        view.field.indexSlot.install(
          index, configuredLists: lists, builtVectors: view.field.liveVectors.count)
      } catch {
        throw .shuttingDown
      }
    }
    try collection.buildPayloadIndexes(from: read, mayRefuse: true, flag: flag)
  }

  /// Bytes written before write buffers are emptied, when memory is limited.
  private static let bytesBetweenFlushes = 16 << 20

  private func fill(
    _ number: UInt32, _ entry: CatalogEntry, _ points: ArchivedPoints, _ expected: SnapshotTotals,
    _ path: String, _ abandoned: inout Bool
  ) throws(CollectionError) -> PointCollection {
    var reader = try SnapshotReader(try SnapshotFile.read(path))
    var offset: UInt32 = 0
    var vectors: UInt64 = 0
    var batches = 0
    var unflushed = 0
    while let frame = try reader.next() {
      if flag.isCancelled { throw .shuttingDown }
      guard frame.kind == .points, UInt64(offset) <= expected.items else {
        throw .damagedSnapshot("it holds more than points, or more of them than it says")
      }
      unflushed += frame.body.count
      if unflushed > Self.bytesBetweenFlushes, core.options.limits.room.memoryBytes > 0 {
        try flush()
        unflushed = 0
      }
      var batch = WriteBatch()
      vectors += try frame.body.withRaw { body throws(CollectionError) in
        try points.put(body, of: number, from: &offset, into: &batch)
      }
      try write(batch)
      progress.note(UInt64(offset), of: expected.items, after: .verified, until: .stored)
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

  private func flush() throws(CollectionError) {
    do throws(StorageError) {
      try core.store.flush()
    } catch {
      throw CollectionError(error)
    }
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
    let own = self.config.vectorShapes
    let other = config.vectorShapes
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

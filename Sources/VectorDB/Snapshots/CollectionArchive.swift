import PointModel
import Storage
import VectorIndex

/// Writes one collection, as of one commit, into a snapshot. Its calls block.
struct CollectionArchive {
  let collection: PointCollection
  let flag: CancellationFlag
  let progress: SnapshotProgress

  /// - Returns: the SHA-256 of the file in hex.
  func write(to file: SnapshotFile) throws(CollectionError) -> String {
    let transaction = try collection.beginRead()
    var writer = try SnapshotWriter(to: file, manifest: try manifest(transaction))
    var totals = SnapshotTotals()
    do {
      try scan(transaction, &writer, &totals)
    } catch let error as CollectionError {
      throw error
    } catch let error as StorageError {
      collection.note(CollectionError(error))
      throw CollectionError(error)
    } catch {
      throw .storage(String(describing: error))
    }
    return try writer.finish(totals)
  }

  private func scan(
    _ transaction: ReadTransaction, _ writer: inout SnapshotWriter, _ totals: inout SnapshotTotals
  ) throws {
    let range = KeyLayout.range(of: collection.number)
    var iterator = try collection.core.store.scan(
      in: KeyLayout.points, from: range.lower, upTo: range.upper, at: transaction.snapshot,
      fillCache: false)
    var body: [UInt8] = []
    body.reserveCapacity(SnapshotFrame.bodyBytes)
    let points = UInt64(transaction.pointsCount)
    while try iterator.next() {
      guard let offset = iterator.key.readBigEndian(UInt32.self, at: 4) else {
        throw CollectionError.storage("a point's key is damaged")
      }
      let start = body.count
      totals.parts += try append(iterator.value, at: offset, of: transaction, to: &body)
      totals.items += 1
      guard body.count >= SnapshotFrame.bodyBytes else { continue }
      if flag.isCancelled { throw CollectionError.shuttingDown }
      progress.note(totals.items, of: points)
      if body.count > SnapshotFrame.bodyBytesMax, start > 0 {
        // A huge point gets a frame of its own.
        try writer.write(.points, Array(body[..<start]))
        body.removeFirst(start)
      }
      try writer.write(.points, body)
      body.removeAll(keepingCapacity: body.capacity <= 4 * SnapshotFrame.bodyBytes)
    }
    if !body.isEmpty { try writer.write(.points, body) }
  }

  /// Appends a point and returns how many vectors it has.
  private func append(
    _ record: UnsafeRawBufferPointer, at offset: UInt32, of transaction: ReadTransaction,
    to body: inout [UInt8]
  ) throws(CollectionError) -> UInt64 {
    body.appendBigEndian(UInt32(record.count))
    body.append(contentsOf: record)
    let countAt = body.count
    body.appendBigEndian(UInt16(0))
    var count: UInt16 = 0
    for view in transaction.fields where view.contains(offset) {
      body.appendBigEndian(view.field.number)
      if try transaction.appendStored(offset, of: view, to: &body) { count += 1 }
    }
    body[countAt] = UInt8(count >> 8)
    body[countAt + 1] = UInt8(truncatingIfNeeded: count)
    return UInt64(count)
  }

  /// What the catalogue said at the commit of the rows: it may say something else by now.
  private func manifest(
    _ transaction: ReadTransaction
  ) throws(CollectionError) -> SnapshotManifest {
    var entry = collection.catalogEntry
    var counters = CollectionCounters()
    do {
      let stored = try collection.core.store.get(
        KeyLayout.catalogEntry(collection.number), in: KeyLayout.meta, at: transaction.snapshot)
      if let stored { entry = try CatalogEntry(stored) }
      let bytes = try collection.core.store.get(
        KeyLayout.counters(collection.number), in: KeyLayout.meta, at: transaction.snapshot)
      if let bytes { counters = try CollectionCounters(bytes) }
    } catch let error as StorageError {
      throw CollectionError(error)
    } catch {
      throw .storage(String(describing: error))
    }
    // A vector that was dropped meanwhile has no rows in what is read.
    for (name, number) in entry.vectorNumbers.byName
    where transaction.fieldSet.numbers[name] != number {
      _ = entry.vectorNumbers.remove(name)
      try? entry.config.apply(.remove(name: name))
    }
    return .collection(
      entry, nextOperation: counters.nextOperation, commit: transaction.visibility.sequence)
  }
}

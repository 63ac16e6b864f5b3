import FastJSON
import PointModel
import Storage

/// Copies what is whole of one collection from a damaged store into a new one.
///
/// A point is kept with everything it had, or reported as lost. Rows keep their offsets.
struct CollectionSalvage {
  let source: KeyValueStore
  let target: KeyValueStore
  let number: UInt32
  let entry: CatalogEntry

  private static let batchBytes = 4 << 20

  /// Where the newest record of an id is, for a store that has two after a lost change.
  private struct Row {
    var offset: UInt32
    var version: UInt64
  }

  func run() throws(StorageError) -> RepairReport.Collection {
    var report = RepairReport.Collection(name: entry.name)
    let range = KeyLayout.range(of: number)
    var rows: [PointID: Row] = [:]
    var counters = CollectionCounters()
    // A key above the greatest is none: what is lost at the end is bounded by the collection.
    let lostRecords = try source.salvage(
      in: KeyLayout.points, from: range.lower, upTo: range.upper
    ) { (key, value) throws(StorageError) in
      guard let offset = key.readBigEndian(UInt32.self, at: 4), let view = Self.checked(value)
      else { return }
      counters.nextOffset = max(counters.nextOffset, offset &+ 1)
      counters.nextOperation = max(counters.nextOperation, view.version &+ 1)
      let row = Row(offset: offset, version: view.version)
      if let other = rows[view.id], other.version > row.version { return }
      rows[view.id] = row
    }
    let missing = try lostVectors()
    var kept: [UInt32: PointID] = [:]
    for (id, row) in rows {
      if missing.contains(where: { $0.covers(row.offset, of: number) }) {
        report.lost.append(id)
      } else {
        kept[row.offset] = id
      }
    }
    try copy(kept, rows, &report)
    try findLostIDs(rows, &report, recordsAreLost: !lostRecords.isEmpty)
    report.lost.sort()
    try writeCounters(counters)
    return report
  }

  /// The id and version of a record that can be believed.
  private static func checked(_ value: UnsafeRawBufferPointer) -> PointRecord.View? {
    guard let view = try? PointRecord.view(value) else { return nil }
    if view.payload.elementsEqual("{}".utf8) { return view }
    guard let document = try? JSONDocument(parsing: view.payload), document.root.kind == .object
    else { return nil }
    return view
  }

  /// Rows of one vector that can't be read, or whose length is wrong.
  private struct LostVectors {
    let slot: UInt16
    var ranges: [KeyValueStore.UnreadableRange]
    var offsets: Set<UInt32> = []

    func covers(_ offset: UInt32, of collection: UInt32) -> Bool {
      if offsets.contains(offset) { return true }
      let key = KeyLayout.vector(collection, slot, offset)
      return ranges.contains { $0.covers(key) }
    }
  }

  private func lostVectors() throws(StorageError) -> [LostVectors] {
    var lost: [LostVectors] = []
    for vector in entry.config.vectorKinds {
      guard let slot = entry.vectorNumbers[vector.name] else { continue }
      let format = vector.kind.format
      var wrong: Set<UInt32> = []
      let ranges = try source.salvage(
        in: KeyLayout.vectors, from: KeyLayout.vector(number, slot, 0),
        upTo: KeyLayout.vector(number, slot, .max)
      ) { (key, value) throws(StorageError) in
        if !format.fits(value), let offset = key.readBigEndian(UInt32.self, at: 6) {
          wrong.insert(offset)
        }
      }
      lost.append(LostVectors(slot: slot, ranges: ranges, offsets: wrong))
    }
    return lost
  }

  /// Copies records, vectors and ids of the rows that are kept.
  private func copy(
    _ kept: [UInt32: PointID], _ rows: [PointID: Row], _ report: inout RepairReport.Collection
  ) throws(StorageError) {
    var batch = WriteBatch()
    for offset in kept.keys.sorted() {
      guard let id = kept[offset], let row = rows[id],
        let record = try? source.get(KeyLayout.point(number, offset), in: KeyLayout.points)
      else { continue }
      batch.put(key: KeyLayout.point(number, offset), value: record, in: KeyLayout.points)
      let location = PointLocation(offset: offset, version: row.version)
      batch.put(key: KeyLayout.id(number, id), value: location.encoded(), in: KeyLayout.ids)
      var hasVector = false
      for slot in entry.vectorNumbers.byName.values {
        let key = KeyLayout.vector(number, slot, offset)
        if let values = try? source.get(key, in: KeyLayout.vectors) {
          batch.put(key: key, value: values, in: KeyLayout.vectors)
          hasVector = true
        }
      }
      report.kept += 1
      if !hasVector { report.withoutVectors += 1 }
      if batch.byteCount >= Self.batchBytes {
        try target.write(batch, sync: false)
        batch.clear()
      }
    }
    try target.write(batch, sync: false)
  }

  /// Ids that lead to no record that was found.
  private func findLostIDs(
    _ rows: [PointID: Row], _ report: inout RepairReport.Collection, recordsAreLost: Bool
  ) throws(StorageError) {
    let range = KeyLayout.range(of: number)
    var lost: [PointID] = []
    let unreadable = try source.salvage(
      in: KeyLayout.ids, from: range.lower, upTo: range.upper
    ) { (key, _) throws(StorageError) in
      let digits = UnsafeRawBufferPointer(rebasing: key.dropFirst(4))
      if let id = KeyLayout.id(in: digits)?.id, rows[id] == nil { lost.append(id) }
    }
    report.lost += lost
    report.mayHaveLostMore = recordsAreLost && !unreadable.isEmpty
  }

  /// Neither an offset nor an operation's number is used again, even if the counters are lost.
  private func writeCounters(_ found: CollectionCounters) throws(StorageError) {
    var counters = found
    let key = KeyLayout.counters(number)
    if let stored = try? source.get(key, in: KeyLayout.meta),
      let stored = try? CollectionCounters(stored)
    {
      counters.nextOffset = max(counters.nextOffset, stored.nextOffset)
      counters.nextOperation = max(counters.nextOperation, stored.nextOperation)
    }
    var batch = WriteBatch()
    batch.put(key: key, value: counters.encoded(), in: KeyLayout.meta)
    batch.put(
      key: KeyLayout.catalogEntry(number), value: try rawEntry(), in: KeyLayout.meta)
    try target.write(batch, sync: false)
  }

  /// The entry as it was, whatever else it says.
  private func rawEntry() throws(StorageError) -> [UInt8] {
    try source.get(KeyLayout.catalogEntry(number), in: KeyLayout.meta) ?? entry.encoded()
  }
}

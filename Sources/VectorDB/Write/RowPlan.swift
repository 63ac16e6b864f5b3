import PointModel
import Storage
import Synchronization
import VectorIndex

/// Which rows the staged changes of one collection take and give up, and the records that say so.
struct RowPlan {
  private let collection: PointCollection
  private var counters: CollectionCounters
  private var placements: [Placement] = []
  private var payloadSegments: [PayloadDelta.Segment] = []

  /// What happens to one point's rows when the commit becomes visible.
  private struct Placement {
    var identity: RowIdentity
    var removed: UInt32?
    var inserted: UInt32?
    /// A row that stays and is now of this version.
    var amended: UInt32?
    var vectors: [UInt16: [Float]] = [:]
  }

  /// Plans `changes` and puts their records into a batch. What it throws concerns this collection
  /// alone; the batch then holds half of it and must not be written.
  init(_ changes: StagedChanges, into batch: inout WriteBatch) throws(CollectionError) {
    collection = changes.collection
    counters = changes.counters
    var payloads = changes.collection.payloadIndexes.makeDelta()
    let transaction = try collection.beginRead()
    for id in changes.points.order {
      guard let point = changes.points[id] else { continue }
      if let placement = try encode(id, point, transaction, &payloads, &batch) {
        placements.append(placement)
      }
    }
    batch.put(
      key: KeyLayout.counters(collection.number), value: counters.encoded(), in: KeyLayout.meta)
    payloadSegments = payloads?.finish() ?? []
  }

  private mutating func encode(
    _ id: PointID, _ point: StagedPoint, _ transaction: ReadTransaction,
    _ payloads: inout PayloadDelta?, _ batch: inout WriteBatch
  ) throws(CollectionError) -> Placement? {
    let number = collection.number
    guard point.exists else {
      guard let base = point.base else { return nil }
      batch.delete(key: KeyLayout.id(number, id), in: KeyLayout.ids)
      removeRows(at: base.offset, transaction, &batch)
      return Placement(
        identity: RowIdentity(id: id, version: point.version), removed: base.offset)
    }
    var placement = Placement(identity: RowIdentity(id: id, version: point.version))
    var offset = point.base?.offset ?? 0
    if point.vectors != nil || point.base == nil {
      offset = try takeOffset()
      if let base = point.base { removeRows(at: base.offset, transaction, &batch) }
      for (vector, values) in point.vectors ?? [:] {
        values.withUnsafeBytes {
          batch.put(key: KeyLayout.vector(number, vector, offset), value: $0, in: KeyLayout.vectors)
        }
      }
      placement.removed = point.base?.offset
      placement.inserted = offset
      placement.vectors = point.vectors ?? [:]
    } else {
      placement.amended = offset
    }
    let location = PointLocation(offset: offset, version: point.version)
    batch.put(key: KeyLayout.id(number, id), value: location.encoded(), in: KeyLayout.ids)
    var payload = Payload.empty
    if let staged = point.payload {
      payload = staged
    } else {
      payload = try transaction.payload(at: point.base)
    }
    if placement.inserted != nil || point.payload != nil {
      // A row that stays has another payload than readers of earlier commits see.
      try payloads?.add(payload, of: id, at: offset, replaces: placement.amended != nil)
    }
    let record = PointRecord(id: id, version: point.version, payload: payload)
    batch.put(key: KeyLayout.point(number, offset), value: record.encoded(), in: KeyLayout.points)
    return placement
  }

  private mutating func takeOffset() throws(CollectionError) -> UInt32 {
    guard counters.nextOffset < UInt32.max else {
      throw .outOfSpace("collection `\(collection.name)` has used all of its 2³² row offsets")
    }
    defer { counters.nextOffset += 1 }
    return counters.nextOffset
  }

  private func removeRows(
    at offset: UInt32, _ transaction: ReadTransaction, _ batch: inout WriteBatch
  ) {
    batch.delete(key: KeyLayout.point(collection.number, offset), in: KeyLayout.points)
    for slot in collection.vectors where transaction.columns[slot.position].contains(offset) {
      batch.delete(
        key: KeyLayout.vector(collection.number, slot.number, offset), in: KeyLayout.vectors)
    }
  }

  /// Puts the new rows into memory as commit `sequence`, before that commit is published.
  ///
  /// Rows are written in full before they are counted, and counted before the commit that makes
  /// them visible is published: no reader can reach a row that is being written.
  func place(sequence: UInt64) {
    var change = 0
    for placement in placements {
      if let offset = placement.inserted {
        for slot in collection.vectors {
          placement.vectors[slot.number]?.withUnsafeBufferPointer {
            slot.column.write($0, at: offset)
          }
        }
        collection.identities.insert(offset, placement.identity)
        collection.visibility.insert(offset, born: sequence)
        change += 1
      }
      if let offset = placement.amended {
        collection.identities.amend(
          offset, version: placement.identity.version, sequence: sequence)
      }
      if let offset = placement.removed {
        collection.visibility.remove(offset, died: sequence)
        change -= 1
      }
    }
    collection.payloadIndexes.append(payloadSegments, commit: sequence)
    collection.state.withLock { state in
      // Changes of the schema count as operations, and may have come since this was staged.
      let nextOperation = max(counters.nextOperation, state.counters.nextOperation)
      state.counters = counters
      state.counters.nextOperation = nextOperation
      state.liveCount += change
    }
  }

  /// Lets go of memory that held only dead rows, after the commit was published.
  func release() {
    for placement in placements {
      guard let offset = placement.removed else { continue }
      collection.deadRows.count(offset, in: collection)
    }
    collection.payloadIndexes.mergeSmall {
      let (sequence, rowCount) = (
        collection.core.sequence, collection.state.withLock { $0.counters.nextOffset }
      )
      return collection.visibility.view(at: sequence, rowCount: rowCount)
    }
  }
}

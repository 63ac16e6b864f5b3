import PointModel
import Storage
import Synchronization
import VectorIndex

/// The requests of one commit: staged one after another, written as one atomic batch with one
/// sync, then made visible together. Used on the committer's thread only.
struct CommitGroup {
  private var collections: [UInt32: Staged] = [:]
  private var order: [UInt32] = []
  private var answers: [@Sendable (CollectionError?) -> Void] = []
  private(set) var bytes = 0

  private struct Staged {
    let collection: PointCollection
    var points = StagedPoints()
    var counters: CollectionCounters
    var placements: [Placement] = []
  }

  /// What happens to one point's rows when the commit becomes visible.
  private struct Placement {
    var removed: UInt32?
    var inserted: UInt32?
    var vectors: [UInt16: [Float]] = [:]
  }

  var isEmpty: Bool { answers.isEmpty }
  var requestCount: Int { answers.count }

  /// Stages a request; when it can't be applied, it alone is refused, and answered at once.
  mutating func add(
    _ operations: [Operation], to collection: PointCollection,
    _ completion: @escaping WriteRequest.Completion<[UInt64]>
  ) {
    let number = collection.number
    // Taken out while it grows, so that the dictionary holds no second reference.
    var staged =
      collections.removeValue(forKey: number)
      ?? Staged(
        collection: collection, counters: collection.state.withLock { $0.counters })
    do throws(CollectionError) {
      let (changes, numbers) = try Self.stage(operations, on: staged)
      staged.points.merge(changes.points)
      staged.counters.nextOperation += UInt64(operations.count)
      bytes += changes.bytes
      answers.append { error in
        completion(error.map { .failure($0) } ?? .success(numbers))
      }
      if !order.contains(number) { order.append(number) }
    } catch {
      completion(.failure(error))
    }
    if order.contains(number) { collections[number] = staged }
  }

  /// What one request changes on top of what is staged. In a function of its own, so that nothing
  /// else refers to the staged points when they grow.
  private static func stage(
    _ operations: [Operation], on staged: Staged
  ) throws(CollectionError) -> (changes: (points: StagedPoints, bytes: Int), numbers: [UInt64]) {
    var applier = OperationApplier(
      try staged.collection.beginRead(), after: staged.points,
      nextOperation: staged.counters.nextOperation)
    var numbers: [UInt64] = []
    numbers.reserveCapacity(operations.count)
    for operation in operations { numbers.append(try applier.apply(operation)) }
    return ((applier.staged, applier.stagedBytes), numbers)
  }

  /// Writes the group durably and makes it visible as commit `sequence`; answers its requests
  /// either way.
  mutating func commit(_ core: DatabaseCore, sequence: UInt64) -> Bool {
    do throws(CollectionError) {
      var batch = WriteBatch()
      for number in order {
        try encode(number, into: &batch)
      }
      do throws(StorageError) {
        try core.store.write(batch, sync: core.options.durability == .sync)
      } catch {
        throw CollectionError(error)
      }
    } catch {
      for answer in answers { answer(error) }
      return false
    }
    for number in order {
      if let staged = collections[number] { Self.place(staged, sequence: sequence) }
    }
    core.publish(sequence: sequence)
    for number in order {
      if let staged = collections[number] { Self.release(staged) }
    }
    for answer in answers { answer(nil) }
    return true
  }

  private mutating func encode(
    _ number: UInt32, into batch: inout WriteBatch
  ) throws(CollectionError) {
    guard var staged = collections.removeValue(forKey: number) else { return }
    for id in staged.points.order {
      guard let point = staged.points[id] else { continue }
      let placement = try Self.encode(id, point, &staged.counters, staged.collection, &batch)
      if let placement { staged.placements.append(placement) }
    }
    batch.put(
      key: KeyLayout.counters(number), value: staged.counters.encoded(), in: KeyLayout.meta)
    collections[number] = staged
  }

  private static func encode(
    _ id: PointID, _ point: StagedPoint, _ counters: inout CollectionCounters,
    _ collection: PointCollection, _ batch: inout WriteBatch
  ) throws(CollectionError) -> Placement? {
    let number = collection.number
    guard point.exists else {
      guard let base = point.base else { return nil }
      batch.delete(key: KeyLayout.id(number, id), in: KeyLayout.ids)
      removeRows(at: base.offset, of: collection, &batch)
      return Placement(removed: base.offset)
    }
    var placement: Placement?
    var offset = point.base?.offset ?? 0
    if point.vectors != nil || point.base == nil {
      guard counters.nextOffset < UInt32.max else {
        throw .outOfSpace("collection `\(collection.name)` has used all of its 2³² row offsets")
      }
      offset = counters.nextOffset
      counters.nextOffset += 1
      if let base = point.base { removeRows(at: base.offset, of: collection, &batch) }
      for (vector, values) in point.vectors ?? [:] {
        values.withUnsafeBytes {
          batch.put(key: KeyLayout.vector(number, vector, offset), value: $0, in: KeyLayout.vectors)
        }
      }
      placement = Placement(
        removed: point.base?.offset, inserted: offset, vectors: point.vectors ?? [:])
    }
    let location = PointLocation(offset: offset, version: point.version)
    batch.put(key: KeyLayout.id(number, id), value: location.encoded(), in: KeyLayout.ids)
    var payload = Payload.empty
    if let staged = point.payload {
      payload = staged
    } else {
      payload = try collection.beginRead().payload(at: point.base)
    }
    let record = PointRecord(id: id, version: point.version, payload: payload)
    batch.put(
      key: KeyLayout.point(number, offset), value: record.encoded(), in: KeyLayout.points)
    return placement
  }

  private static func removeRows(
    at offset: UInt32, of collection: PointCollection, _ batch: inout WriteBatch
  ) {
    batch.delete(key: KeyLayout.point(collection.number, offset), in: KeyLayout.points)
    for slot in collection.vectors where slot.column.view().contains(offset) {
      batch.delete(
        key: KeyLayout.vector(collection.number, slot.number, offset), in: KeyLayout.vectors)
    }
  }

  /// Rows are written in full before they are counted, and counted before the commit that makes
  /// them visible is published: no reader can reach a row that is being written.
  private static func place(_ staged: Staged, sequence: UInt64) {
    let collection = staged.collection
    var change = 0
    for placement in staged.placements {
      if let offset = placement.inserted {
        for slot in collection.vectors {
          placement.vectors[slot.number]?.withUnsafeBufferPointer {
            slot.column.write($0, at: offset)
          }
        }
        collection.visibility.insert(offset, born: sequence)
        change += 1
      }
      if let offset = placement.removed {
        collection.visibility.remove(offset, died: sequence)
        change -= 1
      }
    }
    collection.state.withLock { state in
      state.counters = staged.counters
      state.liveCount += change
    }
  }

  private static func release(_ staged: Staged) {
    for placement in staged.placements {
      guard let offset = placement.removed else { continue }
      staged.collection.deadRows.count(offset, in: staged.collection)
    }
  }
}

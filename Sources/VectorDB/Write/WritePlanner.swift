import PayloadIndex
import PointModel
import Storage
import Synchronization
import VectorIndex

/// Stages requests to one collection, each on top of those before it, and plans the rows and
/// records of what they change.
///
/// It starts from the collection's latest commit, on which no other changes may be on their way.
/// Blocking; on a staging thread.
struct WritePlanner {
  private let collection: PointCollection
  private let transaction: ReadTransaction
  private let turn: SearchTurn
  private var points = StagedPoints()
  private var counters: CollectionCounters
  private var requests = PlannedWrite.Requests()
  private var update: PlannedWrite.Update?
  private var origin = ChangeOrigin.itself
  /// What is held for requests that write much anew which they did not bring along.
  private var leases: [MemoryLease] = []

  /// Points whose payloads are read together.
  private static let batch = 256

  /// Begins a group.
  ///
  /// - Parameter turn: the work's turn on a staging thread.
  init(_ collection: PointCollection, _ turn: SearchTurn) throws(CollectionError) {
    self.collection = collection
    self.turn = turn
    transaction = try collection.beginRead()
    counters = collection.state.withLock { $0.counters }
  }

  var isEmpty: Bool { requests.isEmpty }

  /// Whether the group has as many bytes as one may have.
  var isFull: Bool { points.byteCount >= collection.core.options.limits.groupBytesMax }

  /// Stages a request; when it can't be applied, it alone is refused: at once, or after what was
  /// staged before it and may be the reason.
  ///
  /// - Returns: false when it is too large for a group; nothing of it is staged then.
  mutating func add(_ request: PointsRequest) -> Bool {
    do throws(CollectionError) {
      guard let (changes, numbers, lease) = try stage(request) else { return false }
      points.merge(changes)
      if let lease { leases.append(lease) }
      counters.nextOperation += UInt64(numbers.count)
      note(request.change)
      requests.apply(request, numbers)
    } catch {
      let isStopping = collection.core.stopping.isCancelled && request.flag.isCancelled
      if isStopping || points.order.isEmpty {
        request.completion(.failure(isStopping ? .shuttingDown : error))
      } else {
        requests.refuse(request, error)
      }
    }
    return true
  }

  /// Finds out who the group comes from.
  private mutating func note(_ change: PointsRequest.Change) {
    switch change {
    case .operations: origin = .caller
    case .relocation: break
    case .logged(let points, let number):
      counters.nextOperation = max(counters.nextOperation, points.nextOperation)
      if case .entry(let earlier?) = origin {
        origin = .entry(max(earlier, number ?? 0))
      } else {
        origin = .entry(number)
      }
    }
  }

  /// In a function of its own, so that nothing else refers to the staged points when they grow.
  private func stage(
    _ request: PointsRequest
  ) throws(CollectionError) -> (changes: StagedPoints, numbers: [UInt64], lease: MemoryLease?)? {
    var applier = OperationApplier(transaction, after: points, flag: request.flag.taking(turn))
    var numbers: [UInt64] = []
    switch request.change {
    case .relocation(let ids, let rows): try applier.relocate(ids, rows)
    case .logged(let points, _): try applier.apply(points)
    case .operations(let given, let fieldSet):
      let operations = try prepared(given, fieldSet)
      let limits = collection.core.options.limits
      numbers.reserveCapacity(operations.count)
      for operation in operations {
        let number = counters.nextOperation + UInt64(numbers.count)
        let bytes = operation.bytesPerPoint
        let limit =
          bytes == 0
          ? limits.updatePointsMax : min(limits.updatePointsMax, limits.updateBytesMax / bytes)
        try applier.apply(operation, number, limit: max(1, limit))
        if applier.isTooLarge { return nil }
        numbers.append(number)
      }
    }
    return (applier.staged, numbers, applier.lease)
  }

  /// Operations with vectors that are prepared for the fields of today.
  private func prepared(
    _ operations: [Operation], _ fieldSet: FieldSet?
  ) throws(CollectionError) -> [Operation] {
    guard let fieldSet else {
      return try collection.prepared(operations, for: transaction.fieldSet)
    }
    try transaction.fieldSet.check(operations, preparedFor: fieldSet)
    return operations
  }

  /// Takes the numbers of a request that is too large for a group.
  func begin(_ request: PointsRequest) throws(CollectionError) -> LongUpdate {
    guard case .operations(let operations, let fieldSet) = request.change else {
      preconditionFailure("what selects nothing is never too large")
    }
    return LongUpdate(
      request, try prepared(operations, fieldSet), for: transaction.fieldSet,
      firstNumber: counters.nextOperation)
  }

  /// Plans the next part of an update, as a group of its own.
  consuming func add(_ update: LongUpdate) throws(CollectionError) -> PlannedWrite {
    var next = update
    try transaction.fieldSet.check(update.operations, preparedFor: update.fieldSet)
    var applier = OperationApplier(
      transaction, after: StagedPoints(), flag: update.request.flag.taking(turn))
    try next.stage(&applier)
    let growth = RowGrowth(of: applier.staged)
    let lease = try collection.core.memory.lease(growth, for: .upsert)
    points = applier.staged
    if let lease = applier.lease { leases.append(lease) }
    counters.nextOperation = max(
      counters.nextOperation, update.firstNumber + UInt64(update.operations.count))
    self.update = PlannedWrite.Update(before: update, after: next, lease: lease)
    origin = .caller
    return try plan()
  }

  /// Plans what is staged; `nil` when that is nothing, or can't be planned and was refused.
  consuming func finish() -> PlannedWrite? {
    if requests.isEmpty { return nil }
    let (requests, queue) = (requests, collection.requests)
    do throws(CollectionError) {
      return try plan()
    } catch {
      if case .outOfSpace = error, requests.applied.count > 1 {
        // Some of them may have room.
        queue.putBackSingly(requests.all)
        return nil
      }
      for answer in requests.applied { answer.request.completion(.failure(error)) }
      // Without those, they may be applied.
      queue.putBack(requests.others)
      return nil
    }
  }

  // MARK: Rows and records

  /// Steps of entering payloads into indexes, about a tenth of a second, within which a group is
  /// planned though the database ends: what has come is committed then.
  private static let stepsToFinish = 1 << 23

  /// Set when nobody waits for the group any more, or the database ends.
  private var flag: CancellationFlag {
    let callers =
      requests.applied.map(\.request.flag) + (update.map { [$0.before.request.flag] } ?? [])
    return CancellationFlag(ofAll: callers, or: collection.core.stopping, turn: turn)
  }

  private consuming func plan() throws(CollectionError) -> PlannedWrite {
    var batch = WriteBatch()
    batch.reserve(byteCount: points.byteCount)
    var payloads = collection.payloadIndexes.makeDelta()
    let pace = PayloadPace(flag, stepsToFinish: Self.stepsToFinish)
    let room = origin.isCaller ? GatheringRoom(collection.core.memory) : nil
    var placements: [PlannedWrite.Placement] = []
    placements.reserveCapacity(points.order.count)
    for start in stride(from: 0, to: points.order.count, by: Self.batch) {
      let ids = points.order[start..<min(start + Self.batch, points.order.count)]
      let stored = try storedPayloads(ids)
      for id in ids {
        guard let point = points[id] else { continue }
        let payload = point.payload ?? point.kept ?? stored[id] ?? .empty
        do throws(CollectionError) {
          if let placement = try encode(id, point, payload, &payloads, &batch, pace, room) {
            placements.append(placement)
          }
        } catch {
          room?.lease?.abandon()
          throw error
        }
      }
    }
    let segments: [PayloadDelta.Segment]
    do throws(CollectionError) {
      segments = try payloads.finish(on: transaction.payloadIndexes, pace)
    } catch {
      room?.lease?.abandon()
      throw error
    }
    if let lease = room?.lease {
      let kept = segments.reduce(0) { $0 + ($1.segment?.residentBytes ?? 0) }
      lease.shrink(by: max(0, lease.bytes - kept))
    }
    batch.put(
      key: KeyLayout.counters(collection.number), value: counters.encoded(), in: KeyLayout.meta)
    if let update {
      if let unfinished = update.after.unfinished {
        batch.put(
          key: KeyLayout.update(collection.number), value: unfinished.encoded(), in: KeyLayout.meta)
      } else if update.before.hasBegun {
        batch.delete(key: KeyLayout.update(collection.number), in: KeyLayout.meta)
      }
    }
    var logged: [UInt8]?
    if origin.isCaller, collection.core.options.log != nil {
      let change = LoggedPoints(
        points, of: collection, transaction.fields, nextOperation: counters.nextOperation)
      logged = LogChange.points(change).encoded()
    }
    return PlannedWrite(
      collection: collection, fieldSet: transaction.fieldSet, batch: batch,
      placements: placements,
      segments: segments,
      fieldsNumber: payloads.fieldsNumber, indexLease: room?.lease, counters: counters,
      requests: requests, update: update, leases: leases,
      origin: origin, logged: logged)
  }

  /// Payloads that stay as they are and are written anew, beside what is new of their points.
  private func storedPayloads(
    _ ids: ArraySlice<PointID>
  ) throws(CollectionError) -> [PointID: Payload] {
    let staying = ids.filter { id in
      points[id].map { $0.exists && $0.payload == nil && $0.kept == nil && $0.base != nil } ?? false
    }
    if staying.isEmpty { return [:] }
    var payloads: [PointID: Payload] = [:]
    let offsets = staying.compactMap { points[$0]?.base?.offset }
    try transaction.visitRecords(at: offsets) { (index, record) throws(CollectionError) in
      payloads[staying[index]] = Payload(normalizedJSON: Array(record.payload))
    }
    return payloads
  }

  private mutating func encode(
    _ id: PointID, _ point: StagedPoint, _ payload: Payload, _ payloads: inout PayloadDelta,
    _ batch: inout WriteBatch, _ pace: PayloadPace, _ room: GatheringRoom?
  ) throws(CollectionError) -> PlannedWrite.Placement? {
    let number = collection.number
    guard point.exists else {
      guard let base = point.base else { return nil }
      batch.delete(in: KeyLayout.ids) { KeyLayout.append(id, of: number, to: &$0) }
      encodeRemoval(of: base.offset, &batch)
      payloads.remove(base.offset)
      return PlannedWrite.Placement(
        identity: RowIdentity(id: id, version: point.version), removed: base.offset)
    }
    var placement = PlannedWrite.Placement(identity: RowIdentity(id: id, version: point.version))
    var offset = point.base?.offset ?? 0
    if point.vectors != nil || point.base == nil {
      offset = try takeOffset()
      if let base = point.base {
        encodeRemoval(of: base.offset, &batch)
        payloads.remove(base.offset)
      }
      placement.removed = point.base?.offset
      placement.inserted = offset
      placement.vectors = point.vectors ?? [:]
      encodeVectors(placement.vectors, at: offset, &batch)
    } else {
      placement.amended = offset
    }
    let location = PointLocation(offset: offset, version: point.version)
    batch.put(in: KeyLayout.ids) {
      KeyLayout.append(id, of: number, to: &$0)
    } value: {
      location.append(to: &$0)
    }
    if placement.inserted != nil || point.payload != nil {
      // A row that stays has another payload than readers of earlier commits see.
      try payloads.add(payload, of: id, at: offset, replaces: placement.amended != nil, pace, room)
    }
    let record = PointRecord(id: id, version: point.version, payload: payload)
    batch.put(in: KeyLayout.points) {
      KeyLayout.append(point: offset, of: number, to: &$0)
    } value: {
      record.append(to: &$0)
    }
    return placement
  }

  private mutating func takeOffset() throws(CollectionError) -> UInt32 {
    guard counters.nextOffset < UInt32.max else {
      throw .outOfSpace("collection `\(collection.name)` has used all of its 2³² row offsets")
    }
    defer { counters.nextOffset += 1 }
    return counters.nextOffset
  }

  /// The records of a row's vectors.
  private func encodeVectors(
    _ vectors: [UInt16: StagedVector], at offset: UInt32, _ batch: inout WriteBatch
  ) {
    for view in transaction.fields {
      guard let vector = vectors[view.field.number] else { continue }
      batch.put(in: KeyLayout.vectors) {
        KeyLayout.append(vector: view.field.number, at: offset, of: collection.number, to: &$0)
      } value: {
        vector.append(to: &$0, as: view.field.format)
      }
    }
  }

  /// Takes back the records of a row.
  private func encodeRemoval(of offset: UInt32, _ batch: inout WriteBatch) {
    let number = collection.number
    batch.delete(in: KeyLayout.points) { KeyLayout.append(point: offset, of: number, to: &$0) }
    for view in transaction.fields where view.contains(offset) {
      batch.delete(in: KeyLayout.vectors) {
        KeyLayout.append(vector: view.field.number, at: offset, of: number, to: &$0)
      }
    }
  }
}

import FastJSON
import PointModel
import Storage
import VectorIndex

/// Applies the operations of one request on top of what the commit group holds already.
///
/// Everything is staged: when an operation fails, nothing of its request is kept.
struct OperationApplier {
  let transaction: ReadTransaction
  /// What earlier requests of the group changed.
  let earlier: StagedPoints
  /// What this request has changed.
  private(set) var staged = StagedPoints()
  private(set) var stagedBytes = 0
  private var nextOperation: UInt64

  private var collection: PointCollection { transaction.collection }

  init(_ transaction: ReadTransaction, after earlier: StagedPoints, nextOperation: UInt64) {
    self.transaction = transaction
    self.earlier = earlier
    self.nextOperation = nextOperation
  }

  /// Stages one operation and returns its number.
  mutating func apply(_ operation: Operation) throws(CollectionError) -> UInt64 {
    let number = nextOperation
    switch operation {
    case .upsert(let points, let condition): try upsert(points, condition, number)
    case .delete(let selector): try delete(selector, number)
    case .setPayload(let payload, let selector, let key):
      let change = try parsed(payload)
      try editPayload(of: selector, number) {
        PayloadEditor.merge(change, into: &$0, at: key)
      }
    case .overwritePayload(let payload, let selector):
      try forEachSelected(selector, number) { $0.payload = payload }
    case .deletePayload(let keys, let selector):
      try editPayload(of: selector, number) { payload in
        for key in keys { PayloadEditor.remove(key, from: &payload) }
      }
    case .clearPayload(let selector):
      try forEachSelected(selector, number) { $0.payload = .empty }
    case .updateVectors(let points, let filter): try updateVectors(points, filter, number)
    case .relocate(let ids, let rows): try relocate(ids, rows)
    case .deleteVectors(let names, let selector):
      let numbers = collection.vectors.filter { names.contains($0.name) }.map(\.number)
      for id in try ids(selector) {
        var (point, vectors) = try existingWithVectors(id)
        for number in numbers { vectors[number] = nil }
        point.vectors = vectors
        stage(id, point, number)
      }
    }
    nextOperation += 1
    return number
  }

  private mutating func upsert(
    _ points: [Point], _ condition: UpsertCondition, _ number: UInt64
  ) throws(CollectionError) {
    let current = try load(points.map(\.id))
    let evaluator = condition.filter.map { FilterEvaluator($0) }
    for (index, point) in points.enumerated() {
      // The condition is about the point as it was before this operation.
      let before = current[index]
      switch condition.mode {
      case .upsert: break
      case .insertOnly: if before.exists { continue }
      case .updateOnly: if !before.exists { continue }
      }
      if let evaluator, before.exists, try !passes(point.id, before, evaluator) { continue }
      var state = staged[point.id] ?? before
      state.exists = true
      state.payload = point.payload
      state.vectors = numbered(point.vectors)
      stagedBytes += point.payload.json.count + point.vectors.reduce(0) { $0 + $1.values.count * 4 }
      stage(point.id, state, number)
    }
  }

  private mutating func delete(
    _ selector: PointSelector, _ number: UInt64
  ) throws(CollectionError) {
    let ids = try ids(selector)
    let current = try load(ids)
    for (index, id) in ids.enumerated() {
      var state = staged[id] ?? current[index]
      guard state.exists else { continue }
      state.exists = false
      state.payload = nil
      state.vectors = nil
      stage(id, state, number)
    }
  }

  private mutating func updateVectors(
    _ points: [PointVectors], _ filter: Filter?, _ number: UInt64
  ) throws(CollectionError) {
    let evaluator = filter.map { FilterEvaluator($0) }
    var skipped: Set<PointID> = []
    if let evaluator {
      // The filter is about the points as they were before this operation.
      for (update, before) in zip(points, try load(points.map(\.id)))
      where before.exists {
        if try !passes(update.id, before, evaluator) { skipped.insert(update.id) }
      }
    }
    for update in points where !skipped.contains(update.id) {
      var (point, vectors) = try existingWithVectors(update.id)
      vectors.merge(numbered(update.vectors)) { _, new in new }
      stagedBytes += vectors.values.reduce(0) { $0 + $1.count * 4 }
      point.vectors = vectors
      stage(update.id, point, number)
    }
  }

  /// The version stays: for a client nothing has changed.
  private mutating func relocate(
    _ ids: [PointID], _ rows: Range<UInt32>
  ) throws(CollectionError) {
    for (id, current) in zip(ids, try load(ids)) {
      guard current.exists, current.vectors == nil, let base = current.base,
        rows.contains(base.offset)
      else { continue }
      var point = current
      var vectors: [UInt16: [Float]] = [:]
      for slot in collection.vectors {
        vectors[slot.number] = transaction.columns[slot.position].row(base.offset)
      }
      stagedBytes += vectors.values.reduce(64) { $0 + $1.count * 4 }
      point.vectors = vectors
      staged.set(id, point)
    }
  }

  private mutating func editPayload(
    of selector: PointSelector, _ number: UInt64, _ edit: (inout JSONObjectValue) -> Void
  ) throws(CollectionError) {
    for id in try ids(selector) {
      var point = try existing(id)
      var payload = try parsed(currentPayload(point))
      edit(&payload)
      let limit = collection.core.options.limits.payloadDepthMax
      if PayloadEditor.nests(.object(payload), deeperThan: limit) {
        throw .wrongInput("the payload of point \(id) would nest deeper than \(limit) levels")
      }
      point.payload = Payload(payload)
      stage(id, point, number)
    }
  }

  private mutating func forEachSelected(
    _ selector: PointSelector, _ number: UInt64, _ edit: (inout StagedPoint) -> Void
  ) throws(CollectionError) {
    for id in try ids(selector) {
      var point = try existing(id)
      edit(&point)
      stage(id, point, number)
    }
  }

  private mutating func stage(_ id: PointID, _ point: StagedPoint, _ number: UInt64) {
    var point = point
    point.version = number
    stagedBytes += 64 + (point.payload?.json.count ?? 0)
    staged.set(id, point)
  }
}

extension OperationApplier {
  /// The current state of each id, before this request.
  private func load(_ ids: [PointID]) throws(CollectionError) -> [StagedPoint] {
    let unknown = ids.filter { staged[$0] == nil && earlier[$0] == nil }
    let located = try transaction.locations(of: unknown)
    var next = 0
    return ids.map { id in
      if let point = staged[id] ?? earlier[id] { return point }
      defer { next += 1 }
      return StagedPoint(stored: located[next])
    }
  }

  private func existing(_ id: PointID) throws(CollectionError) -> StagedPoint {
    let point = try load([id])[0]
    guard point.exists else { throw .pointNotFound(id) }
    return point
  }

  private func existingWithVectors(
    _ id: PointID
  ) throws(CollectionError) -> (StagedPoint, [UInt16: [Float]]) {
    let point = try existing(id)
    return (point, vectors(of: point))
  }

  private func vectors(of point: StagedPoint) -> [UInt16: [Float]] {
    if let vectors = point.vectors { return vectors }
    guard let base = point.base else { return [:] }
    var vectors: [UInt16: [Float]] = [:]
    for slot in collection.vectors {
      vectors[slot.number] = transaction.columns[slot.position].row(base.offset)
    }
    return vectors
  }

  private func currentPayload(_ point: StagedPoint) throws(CollectionError) -> Payload {
    if let payload = point.payload { return payload }
    return try transaction.payload(at: point.base)
  }

  private func parsed(_ payload: Payload) throws(CollectionError) -> JSONObjectValue {
    do {
      return try payload.parsed()
    } catch {
      throw .storage("a payload is damaged: \(error.message)")
    }
  }

  private func numbered(_ vectors: [NamedVector]) -> [UInt16: [Float]] {
    var numbered: [UInt16: [Float]] = [:]
    for vector in vectors {
      if let slot = collection.vectors.first(where: { $0.name == vector.name }) {
        numbered[slot.number] = vector.values
      }
    }
    return numbered
  }

  /// The ids a selector means now, what is staged included.
  private func ids(_ selector: PointSelector) throws(CollectionError) -> [PointID] {
    guard case .filter(let filter) = selector else {
      if case .ids(let ids) = selector { return ids }
      return []
    }
    var ids: [PointID] = []
    var reading = transaction
    reading.flag = CancellationFlag(or: collection.core.stopping)
    try FilterScan(filter, in: reading).forEachPoint { (_, record) throws(CollectionError) in
      if staged[record.id] == nil, earlier[record.id] == nil { ids.append(record.id) }
      return true
    }
    let evaluator = FilterEvaluator(filter, text: transaction.payloadIndexes.text)
    let later = earlier.order.filter { staged[$0] == nil } + staged.order
    for id in later {
      guard let point = staged[id] ?? earlier[id], point.exists else { continue }
      if try passes(id, point, evaluator) { ids.append(id) }
    }
    return ids
  }

  /// Whether a point as it is staged passes a filter.
  private func passes(
    _ id: PointID, _ point: StagedPoint, _ evaluator: FilterEvaluator
  ) throws(CollectionError) -> Bool {
    let payload = evaluator.needsPayload ? try currentPayload(point) : .empty
    let names = Set(collection.vectors.filter { has($0, point) }.map(\.name))
    return try withBytes(of: payload) { bytes throws(CollectionError) in
      try evaluator.passes(id: id, payload: bytes) { names.contains($0) }
    }
  }

  private func has(_ slot: VectorSlot, _ point: StagedPoint) -> Bool {
    if let vectors = point.vectors { return vectors[slot.number] != nil }
    return point.base.map { transaction.columns[slot.position].contains($0.offset) } ?? false
  }

  private func withBytes<Result>(
    of payload: Payload, _ body: (UnsafeRawBufferPointer) throws(CollectionError) -> Result
  ) throws(CollectionError) -> Result {
    do {
      return try payload.json.withUnsafeBytes { try body($0) }
    } catch let error as CollectionError {
      throw error
    } catch {
      throw .storage(String(describing: error))
    }
  }
}

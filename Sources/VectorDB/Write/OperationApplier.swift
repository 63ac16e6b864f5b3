import FastJSON
import PointModel
import Storage
import VectorIndex

/// Applies the operations of one request on top of what the commit group holds already.
///
/// Everything is staged: when an operation fails, nothing of its request is kept.
struct OperationApplier {
  private(set) var transaction: ReadTransaction
  /// What earlier requests of the group changed.
  let earlier: StagedPoints
  /// What this request has changed.
  private(set) var staged = StagedPoints()
  /// Whether an operation selected more points than it was allowed to, or made more of them: then
  /// what is staged is of no use.
  private(set) var isTooLarge = false

  private var collection: PointCollection { transaction.collection }
  private var limits: Limits { collection.core.options.limits }

  /// Points changed together.
  private static let batch = 256

  /// - Parameter flag: ends it early, with an error.
  init(_ transaction: ReadTransaction, after earlier: StagedPoints, flag: CancellationFlag) {
    self.transaction = transaction
    self.earlier = earlier
    self.transaction.flag = flag
  }

  /// Stages one operation, the `number`th of the collection.
  ///
  /// - Parameter limit: points that it may select; `nil` for any number.
  mutating func apply(
    _ operation: Operation, _ number: UInt64, limit: Int?
  ) throws(CollectionError) {
    switch operation {
    case .upsert(let points, let condition): try upsert(points, condition, number)
    case .updateVectors(let points, let filter): try updateVectors(points, filter, number)
    case .delete(let selector), .setPayload(_, let selector, _),
      .overwritePayload(_, let selector), .deletePayload(_, let selector),
      .clearPayload(let selector), .deleteVectors(_, let selector):
      guard let ids = try ids(selector, limit: limit) else {
        isTooLarge = true
        return
      }
      let isNamed = if case .ids = selector { true } else { false }
      for start in stride(from: 0, to: ids.count, by: Self.batch) {
        if limit != nil, staged.byteCount > limits.groupBytesMax {
          isTooLarge = true
          return
        }
        let part = Array(ids[start..<min(start + Self.batch, ids.count)])
        try edit(part, operation, number, mustExist: isNamed && operation.needsPoints)
      }
    }
  }

  /// Stages what `operation` does to the points `ids`, whatever it selects.
  mutating func edit(
    _ ids: [PointID], _ operation: Operation, _ number: UInt64, mustExist: Bool
  ) throws(CollectionError) {
    let loaded = try load(ids)
    if mustExist, let missing = zip(ids, loaded).first(where: { !$0.1.exists }) {
      throw .pointNotFound(missing.0)
    }
    var stored: [PointID: Payload] = [:]
    if operation.editsPayload { stored = try payloads(of: zip(ids, loaded)) }
    for (id, before) in zip(ids, loaded) {
      try transaction.flag.check()
      var point = staged[id] ?? before
      guard point.exists else { continue }
      switch operation {
      case .delete:
        point.exists = false
        point.payload = nil
        point.vectors = nil
      case .overwritePayload(let payload, _): point.payload = payload
      case .clearPayload: point.payload = .empty
      case .setPayload(let payload, _, let key):
        let change = try parsed(payload)
        try editPayload(of: &point, id, stored[id]) {
          PayloadEditor.merge(change, into: &$0, at: key)
        }
      case .deletePayload(let keys, _):
        try editPayload(of: &point, id, stored[id]) { payload in
          for key in keys { PayloadEditor.remove(key, from: &payload) }
        }
      case .deleteVectors(let names, _):
        var vectors = try vectors(of: point)
        for view in transaction.fields where names.contains(view.name) {
          vectors[view.field.number] = nil
        }
        point.vectors = vectors
      case .upsert, .updateVectors: break
      }
      stage(id, point, number)
    }
  }

  /// Moves points to new rows. The version stays: for a client nothing has changed.
  mutating func relocate(_ ids: [PointID], _ rows: Range<UInt32>) throws(CollectionError) {
    for (id, current) in zip(ids, try load(ids)) {
      guard current.exists, current.vectors == nil, let base = current.base,
        rows.contains(base.offset)
      else { continue }
      var point = current
      point.vectors = try vectors(of: current)
      point.isMoved = true
      put(id, point)
    }
  }

  private mutating func upsert(
    _ points: [Point], _ condition: UpsertCondition, _ number: UInt64
  ) throws(CollectionError) {
    let current = try load(points.map(\.id))
    let evaluator = condition.filter.map { FilterEvaluator($0, flag: transaction.flag) }
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
      stage(point.id, state, number)
    }
  }

  private mutating func updateVectors(
    _ points: [PointVectors], _ filter: Filter?, _ number: UInt64
  ) throws(CollectionError) {
    let evaluator = filter.map { FilterEvaluator($0, flag: transaction.flag) }
    let loaded = try load(points.map(\.id))
    var skipped: Set<PointID> = []
    if let evaluator {
      // The filter is about the points as they were before this operation.
      for (update, before) in zip(points, loaded) where before.exists {
        if try !passes(update.id, before, evaluator) { skipped.insert(update.id) }
      }
    }
    for (update, before) in zip(points, loaded) where !skipped.contains(update.id) {
      var point = staged[update.id] ?? before
      guard point.exists else { throw .pointNotFound(update.id) }
      point.vectors = try vectors(of: point).merging(numbered(update.vectors)) { _, new in new }
      stage(update.id, point, number)
    }
  }

  private func editPayload(
    of point: inout StagedPoint, _ id: PointID, _ stored: Payload?,
    _ edit: (inout JSONObjectValue) -> Void
  ) throws(CollectionError) {
    var payload = try parsed(point.payload ?? stored ?? .empty)
    edit(&payload)
    let limit = limits.payloadDepthMax
    if PayloadEditor.nests(.object(payload), deeperThan: limit) {
      throw .wrongInput("the payload of point \(id) would nest deeper than \(limit) levels")
    }
    point.payload = Payload(payload)
  }

  private mutating func stage(_ id: PointID, _ point: StagedPoint, _ number: UInt64) {
    var point = point
    point.isMoved = false
    // Between the parts of a long update another operation may have changed the point.
    point.version = point.base == nil ? number : max(point.version, number)
    put(id, point)
  }

  /// Stages a point as it is to be.
  mutating func put(_ id: PointID, _ point: StagedPoint) { staged.set(id, point) }
}

extension Operation {
  /// Whether it makes new payloads of those that are there.
  fileprivate var editsPayload: Bool {
    switch self {
    case .setPayload, .deletePayload: true
    case .upsert, .delete, .overwritePayload, .clearPayload, .updateVectors, .deleteVectors: false
    }
  }
}

extension OperationApplier {
  /// The current state of each id, before this request.
  func load(_ ids: [PointID]) throws(CollectionError) -> [StagedPoint] {
    let unknown = ids.filter { staged[$0] == nil && earlier[$0] == nil }
    let located = try transaction.locations(of: unknown)
    var next = 0
    return ids.map { id in
      if let point = staged[id] ?? earlier[id] { return point }
      defer { next += 1 }
      return StagedPoint(stored: located[next])
    }
  }

  /// The stored payloads of those points whose payload is still the stored one.
  private func payloads(
    of points: some Sequence<(PointID, StagedPoint)>
  ) throws(CollectionError) -> [PointID: Payload] {
    var ids: [PointID] = []
    var offsets: [UInt32] = []
    for (id, point) in points where point.payload == nil {
      guard let base = point.base else { continue }
      ids.append(id)
      offsets.append(base.offset)
    }
    var payloads: [PointID: Payload] = [:]
    try transaction.visitRecords(at: offsets) { (index, record) throws(CollectionError) in
      payloads[ids[index]] = Payload(normalizedJSON: Array(record.payload))
    }
    return payloads
  }

  private func vectors(
    of point: StagedPoint
  ) throws(CollectionError) -> [UInt16: StagedVector] {
    if let vectors = point.vectors { return vectors }
    guard let base = point.base else { return [:] }
    var vectors: [UInt16: StagedVector] = [:]
    for view in transaction.fields {
      var bytes: [UInt8] = []
      if try transaction.appendStored(base.offset, of: view, to: &bytes) {
        vectors[view.field.number] = .stored(bytes)
      }
    }
    return vectors
  }

  private func parsed(_ payload: Payload) throws(CollectionError) -> JSONObjectValue {
    do {
      return try payload.parsed()
    } catch {
      throw .storage("a payload is damaged: \(error.message)")
    }
  }

  private func numbered(_ vectors: [NamedVector]) -> [UInt16: StagedVector] {
    var numbered: [UInt16: StagedVector] = [:]
    for vector in vectors {
      if let view = transaction.view(named: vector.name) {
        numbered[view.field.number] = .new(vector.value)
      }
    }
    return numbered
  }
}

// MARK: Selectors

extension OperationApplier {
  /// The ids a selector means now, what is staged included; `nil` when they are more than `limit`.
  private func ids(
    _ selector: PointSelector, limit: Int?
  ) throws(CollectionError) -> [PointID]? {
    let limit = limit ?? .max
    let filter: Filter
    switch selector {
    case .ids(let ids): return ids.count > limit ? nil : ids
    case .filter(let chosen): filter = chosen
    }
    var ids: [PointID] = []
    try FilterScan(filter, in: transaction).forEachPoint { (_, record) throws(CollectionError) in
      if staged[record.id] == nil, earlier[record.id] == nil { ids.append(record.id) }
      return ids.count <= limit
    }
    if ids.count > limit { return nil }
    let evaluator = makeEvaluator(filter)
    let later = earlier.order.filter { staged[$0] == nil } + staged.order
    for id in later {
      guard let point = staged[id] ?? earlier[id], point.exists else { continue }
      if try passes(id, point, evaluator) { ids.append(id) }
    }
    return ids.count > limit ? nil : ids
  }

  /// Those of the points that are to be changed still: points that passed the operation's filter
  /// in these rows, when its number was given, less those that were changed since and do not pass
  /// any more.
  func stillPassing(
    _ points: [(id: PointID, row: UInt32)], of operation: Operation, before number: UInt64
  ) throws(CollectionError) -> [PointID] {
    guard case .filter(let filter) = operation.selector else { return points.map(\.id) }
    var evaluator: FilterEvaluator?
    var passing: [PointID] = []
    passing.reserveCapacity(points.count)
    for (point, current) in zip(points, try load(points.map(\.id))) where current.exists {
      let isAsFound = current.base?.offset == point.row && current.version < number
      if !isAsFound {
        let asked = evaluator ?? makeEvaluator(filter)
        evaluator = asked
        guard try passes(point.id, current, asked) else { continue }
      }
      passing.append(point.id)
    }
    return passing
  }

  private func makeEvaluator(_ filter: Filter) -> FilterEvaluator {
    FilterEvaluator(filter, text: transaction.payloadIndexes.text, flag: transaction.flag)
  }

  /// Whether a point as it is staged passes a filter.
  private func passes(
    _ id: PointID, _ point: StagedPoint, _ evaluator: FilterEvaluator
  ) throws(CollectionError) -> Bool {
    var payload = point.payload ?? .empty
    if evaluator.needsPayload, point.payload == nil {
      payload = try transaction.payload(at: point.base)
    }
    do {
      return try payload.json.withUnsafeBytes { bytes in
        try evaluator.passes(id: id, payload: bytes) { name in has(name, point) }
      }
    } catch let error as CollectionError {
      throw error
    } catch {
      throw .storage(String(describing: error))
    }
  }

  private func has(_ name: String, _ point: StagedPoint) -> Bool {
    guard let view = transaction.view(named: name) else { return false }
    if let vectors = point.vectors { return vectors[view.field.number] != nil }
    return point.base.map { view.contains($0.offset) } ?? false
  }
}

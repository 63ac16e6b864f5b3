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
  /// What records take that were read and are written anew, beyond what a group may hold.
  private(set) var lease: MemoryLease?

  var collection: PointCollection { transaction.collection }
  var limits: Limits { collection.core.options.limits }

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
      let bytesMax = limit == nil ? Int.max : limits.groupBytesMax
      var done = 0
      while done < ids.count {
        if staged.byteCount > bytesMax {
          isTooLarge = true
          return
        }
        done += try edit(
          Array(ids[done..<min(done + Self.batch, ids.count)]), operation, number,
          mustExist: isNamed && operation.needsPoints, upTo: bytesMax)
      }
    }
  }

  /// Stages what `operation` does to the points `ids`, whatever it selects, until more than
  /// `bytesMax` is staged.
  ///
  /// - Returns: to how many of the points it was done.
  mutating func edit(
    _ ids: [PointID], _ operation: Operation, _ number: UInt64, mustExist: Bool,
    upTo bytesMax: Int
  ) throws(CollectionError) -> Int {
    let loaded = try load(ids)
    if mustExist, let missing = zip(ids, loaded).first(where: { !$0.1.exists }) {
      throw .pointNotFound(missing.0)
    }
    var steps = PayloadSteps(operation.readsPayloads ? ids.count : 0)
    var stored: [PointID: Payload] = [:]
    var dropped: Set<String> = []
    if case .deleteVectors(let names, _) = operation { dropped = Set(names) }
    for (index, (id, before)) in zip(ids, loaded).enumerated() {
      try transaction.flag.check()
      if let next = steps.next(at: index) {
        stored = try payloads(of: zip(ids[next], loaded[next]))
        steps.note(stored.values)
      }
      if staged.byteCount > bytesMax { return index }
      var point = staged[id] ?? before
      guard point.exists else { continue }
      switch operation {
      case .delete:
        point.remove()
      case .overwritePayload(let payload, _): point.setPayload(payload)
      case .clearPayload: point.setPayload(.empty)
      case .setPayload(let payload, _, let key):
        try merge(payload, into: &point, id, stored[id], at: key)
      case .deletePayload(let keys, _):
        let flag = transaction.flag
        try editPayload(of: &point, id, stored[id]) { (edited, _) throws(CollectionError) in
          try PayloadEditor.remove(keys, from: &edited) { () throws(CollectionError) in
            try flag.check()
          }
        }
      case .deleteVectors:
        var vectors = try vectors(of: point)
        for view in transaction.fields where dropped.contains(view.name) {
          vectors[view.field.number] = nil
        }
        point.vectors = vectors
        if point.payload == nil { point.kept = point.kept ?? stored[id] }
      case .upsert, .updateVectors: break
      }
      try stage(id, point, number)
    }
    return ids.count
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
      try put(id, point)
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
      state.setPayload(point.payload)
      state.vectors = numbered(point.vectors)
      try stage(point.id, state, number)
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
    var steps = PayloadSteps(points.count)
    var stored: [PointID: Payload] = [:]
    for (index, (update, before)) in zip(points, loaded).enumerated() {
      if let next = steps.next(at: index) {
        try transaction.flag.check()
        let wanted = next.filter { !skipped.contains(points[$0].id) }
        stored = try payloads(of: wanted.map { (points[$0].id, loaded[$0]) })
        steps.note(stored.values)
      }
      if skipped.contains(update.id) { continue }
      var point = staged[update.id] ?? before
      guard point.exists else { throw .pointNotFound(update.id) }
      point.vectors = try vectors(of: point).merging(numbered(update.vectors)) { _, new in new }
      if point.payload == nil { point.kept = point.kept ?? stored[update.id] }
      try stage(update.id, point, number)
    }
  }

  private mutating func stage(
    _ id: PointID, _ point: StagedPoint, _ number: UInt64
  ) throws(CollectionError) {
    var point = point
    point.isMoved = false
    // Between the parts of a long update another operation may have changed the point.
    point.version = point.base == nil ? number : max(point.version, number)
    try put(id, point)
  }

  /// Stages a point as it is to be.
  mutating func put(_ id: PointID, _ point: StagedPoint) throws(CollectionError) {
    staged.set(id, point)
    // Once as it is staged, and once as it is written.
    let bytes = 2 * (staged.readBytes - limits.groupBytesMax)
    let held = lease?.bytes ?? 0
    if bytes <= held { return }
    // As one lease, so that it is told from what others hold.
    lease?.release()
    lease = try collection.core.memory.lease(max(bytes, held + Self.leaseStep), for: .work)
  }

  /// Leases grow by at least so many bytes, and less is not worth one.
  static let leaseStep = 4 << 20
}

extension Operation {
  /// Whether it makes new payloads of those that are there, or writes them anew as they are.
  fileprivate var readsPayloads: Bool {
    switch self {
    case .setPayload, .deletePayload, .deleteVectors: true
    case .upsert, .delete, .overwritePayload, .clearPayload, .updateVectors: false
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
    for (id, point) in points where point.payload == nil && point.kept == nil {
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

  func parsed(_ payload: Payload) throws(CollectionError) -> JSONObjectValue {
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

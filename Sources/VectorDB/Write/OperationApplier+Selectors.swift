import FastJSON
import PointModel

/// Which points a selector means, with what is staged already.
extension OperationApplier {
  /// The ids a selector means now, what is staged included; `nil` when they are more than `limit`.
  func ids(
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
  ///
  /// - Returns: the places of those in `points`.
  func stillPassing(
    _ points: [(id: PointID, row: UInt32)], of operation: Operation, before number: UInt64
  ) throws(CollectionError) -> [Int] {
    guard case .filter(let filter) = operation.selector else { return Array(points.indices) }
    var evaluator: FilterEvaluator?
    var passing: [Int] = []
    passing.reserveCapacity(points.count)
    let loaded = try load(points.map(\.id))
    for (place, (point, current)) in zip(points, loaded).enumerated() where current.exists {
      let isAsFound = current.base?.offset == point.row && current.version < number
      if !isAsFound {
        let asked = evaluator ?? makeEvaluator(filter)
        evaluator = asked
        guard try passes(point.id, current, asked) else { continue }
      }
      passing.append(place)
    }
    return passing
  }

  private func makeEvaluator(_ filter: Filter) -> FilterEvaluator {
    FilterEvaluator(filter, text: transaction.payloadIndexes.text, flag: transaction.flag)
  }

  /// Whether a point as it is staged passes a filter.
  func passes(
    _ id: PointID, _ point: StagedPoint, _ evaluator: FilterEvaluator
  ) throws(CollectionError) -> Bool {
    var payload = point.payload ?? point.kept ?? .empty
    if evaluator.needsPayload, point.payload == nil, point.kept == nil {
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

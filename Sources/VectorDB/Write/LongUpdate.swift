import PointModel
import RowSets
import VectorIndex

/// A request that changes more points than one commit may hold: it is carried out in several, each
/// of them atomic and durable, and answered after the last.
///
/// Which points are selected is found out once, and kept as row offsets, or as the ids that the
/// request brought along. In between other requests have their turns. A point that one of those has
/// changed meanwhile is changed if it still passes the filter, and left alone if it is gone. What
/// an end in the middle leaves is a beginning of the selected points that are changed, and the
/// others as they were. The operations of a request follow one another.
struct LongUpdate: Sendable {
  let request: PointsRequest
  /// The number of the first operation.
  let firstNumber: UInt64
  let operations: [Operation]
  /// The fields that their vectors are prepared for.
  let fieldSet: FieldSet
  /// The operation under way.
  private(set) var current = 0
  private var targets: Targets?
  /// The targets of that operation that are done with.
  private(set) var position = 0

  /// The points that an operation changes.
  private enum Targets: Sendable {
    case ids([PointID])
    /// Rows as of one commit, with the points that they were then.
    case rows([UInt32], IdentityView)

    var count: Int {
      switch self {
      case .ids(let ids): ids.count
      case .rows(let rows, _): rows.count
      }
    }
  }

  /// Points looked at together.
  private static let batch = 256

  init(
    _ request: PointsRequest, _ operations: [Operation], for fieldSet: FieldSet,
    firstNumber: UInt64
  ) {
    self.request = request
    self.operations = operations
    self.fieldSet = fieldSet
    self.firstNumber = firstNumber
  }

  var isDone: Bool { current == operations.count }
  var hasBegun: Bool { current > 0 || position > 0 }
  /// How many points the operation under way has selected, once it has.
  var selected: Int? { targets?.count }

  /// The numbers of the operations.
  var numbers: [UInt64] { operations.indices.map { firstNumber + UInt64($0) } }

  /// Stages the next part: as much as one commit may hold.
  mutating func stage(_ applier: inout OperationApplier) throws(CollectionError) {
    let limits = applier.transaction.collection.core.options.limits
    while !isDone, applier.staged.order.count < limits.updatePointsMax,
      applier.staged.byteCount < limits.updateBytesMax
    {
      let operation = operations[current]
      let number = firstNumber + UInt64(current)
      if targets == nil {
        // What an operation selects depends on those before it, which must be committed for that.
        if !applier.staged.isEmpty { return }
        guard let selector = operation.selector else {
          try applier.apply(operation, number, limit: nil)
          current += 1
          continue
        }
        targets = try find(selector, operation, applier.transaction)
      }
      let size = max(1, min(Self.batch, limits.updateBytesMax / (operation.bytesPerPoint + 1)))
      try stageNext(size, operation, number, &applier)
    }
  }

  private mutating func stageNext(
    _ size: Int, _ operation: Operation, _ number: UInt64, _ applier: inout OperationApplier
  ) throws(CollectionError) {
    guard let targets else { return }
    let bytesMax = applier.transaction.collection.core.options.limits.updateBytesMax
    let range = position..<min(position + size, targets.count)
    switch targets {
    case .ids(let ids):
      position += try applier.edit(
        Array(ids[range]), operation, number, mustExist: false, upTo: bytesMax)
    case .rows(let rows, let identities):
      var points: [(id: PointID, row: UInt32)] = []
      var places: [Int] = []
      for place in range {
        guard let id = identities.id(of: rows[place]) else { continue }
        points.append((id, rows[place]))
        places.append(place)
      }
      let passing = try applier.stillPassing(points, of: operation, before: number)
      let done = try applier.edit(
        passing.map { points[$0].id }, operation, number, mustExist: false, upTo: bytesMax)
      position = done < passing.count ? places[passing[done]] : range.upperBound
    }
    if position == targets.count {
      self.targets = nil
      position = 0
      current += 1
    }
  }

  private func find(
    _ selector: PointSelector, _ operation: Operation, _ transaction: ReadTransaction
  ) throws(CollectionError) -> Targets {
    switch selector {
    case .ids(let ids):
      if operation.needsPoints { try transaction.requireAll(ids) }
      return .ids(ids)
    case .filter(let filter):
      let passing = try FilterScan(filter, in: transaction).rows()
      var rows: [UInt32] = []
      rows.reserveCapacity(passing.count)
      try transaction.forEachVisible(among: passing) { row in
        rows.append(row)
        return true
      }
      return .rows(rows, transaction.identities)
    }
  }
}

extension Operation {
  /// Bytes that it brings along for each point it selects.
  var bytesPerPoint: Int {
    switch self {
    case .setPayload(let payload, _, _), .overwritePayload(let payload, _): payload.json.count
    case .upsert, .updateVectors, .delete, .deletePayload, .clearPayload, .deleteVectors: 0
    }
  }

  /// Whether points that it names and that do not exist are an error.
  var needsPoints: Bool {
    if case .delete = self { false } else { true }
  }
}

extension ReadTransaction {
  /// Ids looked up together.
  private static let idsAtOnce = 4096

  /// Throws ``CollectionError/pointNotFound(_:)`` unless all of `ids` exist.
  fileprivate func requireAll(_ ids: [PointID]) throws(CollectionError) {
    for start in stride(from: 0, to: ids.count, by: Self.idsAtOnce) {
      try flag.check()
      let part = Array(ids[start..<min(start + Self.idsAtOnce, ids.count)])
      for (id, location) in zip(part, try locations(of: part)) where location == nil {
        throw .pointNotFound(id)
      }
    }
  }
}

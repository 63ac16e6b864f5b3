import PointModel
import VectorIndex

/// Which points of a collection pass a filter, by reading as few records as it can.
struct FilterScan {
  let transaction: ReadTransaction
  let evaluator: FilterEvaluator
  /// The ids that alone can pass, ascending, when the filter demands some.
  let candidates: [PointID]?

  init(_ filter: Filter, in transaction: ReadTransaction) {
    self.transaction = transaction
    self.evaluator = FilterEvaluator(filter)
    self.candidates = Self.candidates(filter)
  }

  /// Visits each point that passes until `body` returns `false`; in no stated order.
  func forEach(
    flag: CancellationFlag?,
    _ body: (_ offset: UInt32, PointRecord.View) throws(CollectionError) -> Bool
  ) throws(CollectionError) {
    if let candidates {
      let located = try transaction.locations(of: candidates).compactMap { $0?.offset }
      var isDone = false
      try transaction.visitRecords(at: located) { (index, record) throws(CollectionError) in
        if isDone { return }
        if try passes(record, at: located[index]) { isDone = try !body(located[index], record) }
      }
      return
    }
    var visited = 0
    try transaction.scanRecords { (offset, record) throws(CollectionError) in
      visited += 1
      if visited % 1024 == 0, flag?.isCancelled == true {
        throw .timedOut("the search was given up")
      }
      guard try passes(record, at: offset) else { return true }
      return try body(offset, record)
    }
  }

  /// Whether a record passes.
  func passes(_ record: PointRecord.View, at offset: UInt32) throws(CollectionError) -> Bool {
    try evaluator.passes(id: record.id, payload: record.payload) { name in
      transaction.hasVector(name, at: offset)
    }
  }

  /// Whether only few points can pass, known without reading.
  var isSelective: Bool { candidates != nil }

  /// The offsets that pass.
  func bitmap(flag: CancellationFlag?) throws(CollectionError) -> OffsetBitmap {
    var bitmap = OffsetBitmap(rowCount: transaction.visibility.rowCount)
    try forEach(flag: flag) { (offset, _) throws(CollectionError) in
      bitmap.insert(offset)
      return true
    }
    return bitmap
  }

  /// The ids that alone can pass, when the filter demands some.
  private static func candidates(_ filter: Filter) -> [PointID]? {
    var result: Set<PointID>?
    for condition in filter.must {
      switch condition {
      case .hasID(let ids): result = result?.intersection(ids) ?? ids
      case .filter(let inner):
        if let ids = candidates(inner) { result = result?.intersection(ids) ?? Set(ids) }
      default: break
      }
    }
    return result.map { $0.sorted() }
  }
}

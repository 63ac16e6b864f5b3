import PayloadIndex
import PointModel
import RowSets
import VectorIndex

/// Which points of a collection pass a filter, by reading as few records as it can: payload indexes
/// say which rows pass for sure and which may, and only the latter are tested.
struct FilterScan {
  let transaction: ReadTransaction
  /// Tests records; not there if none has to be.
  private let evaluator: FilterEvaluator?
  /// The ids that alone can pass, ascending, when the filter demands some.
  let candidates: [PointID]?
  /// What is known without reading records.
  let answer: FilterAnswer

  /// Rows tested at once, at most, rather than one by one in the order of their scores.
  private static let testedAtOnceMax = 512
  /// Rows whose records are fetched together.
  private static let batch = 256

  init(_ filter: Filter, in transaction: ReadTransaction) throws(CollectionError) {
    self.transaction = transaction
    candidates = Self.candidates(filter)
    if candidates != nil {
      answer = .unknown
    } else {
      let locations = try Self.locations(filter.namedIDs, transaction)
      let pace = PayloadPace(transaction.flag)
      answer = IndexedFilter(transaction.payloadIndexes, locations: locations, pace).answer(filter)
      try pace.check()
    }
    evaluator = answer.isExact ? nil : Self.evaluator(filter, transaction)
  }

  /// The scan for a filter that names no point, whose answer is known.
  init(_ filter: Filter, answer: FilterAnswer, in transaction: ReadTransaction) {
    self.transaction = transaction
    self.answer = answer
    candidates = nil
    evaluator = answer.isExact ? nil : Self.evaluator(filter, transaction)
  }

  private static func evaluator(_ filter: Filter, _ transaction: ReadTransaction) -> FilterEvaluator
  {
    FilterEvaluator(filter, text: transaction.payloadIndexes.text, flag: transaction.flag)
  }

  /// The rows of the points with these ids; `nil` for no ids.
  private static func locations(
    _ ids: Set<PointID>, _ transaction: ReadTransaction
  ) throws(CollectionError) -> [PointID: UInt32]? {
    if ids.isEmpty { return nil }
    let ordered = ids.sorted()
    var locations: [PointID: UInt32] = [:]
    for (id, location) in zip(ordered, try transaction.locations(of: ordered)) {
      locations[id] = location?.offset
    }
    return locations
  }

  /// Visits each point that passes until `body` returns `false`; in no stated order.
  func forEachPoint(
    _ body: (_ offset: UInt32, PointRecord.View) throws(CollectionError) -> Bool
  ) throws(CollectionError) {
    if let candidates {
      let located = try transaction.locations(of: candidates).compactMap { $0?.offset }
      return try visit(located, body)
    }
    if case .only(let rows) = answer.possible {
      return try visit(try existing(rows), body)
    }
    try transaction.scanRecords { (offset, record) throws(CollectionError) in
      guard try passes(record, at: offset) else { return true }
      return try body(offset, record)
    }
  }

  private func visit(
    _ offsets: [UInt32],
    _ body: (_ offset: UInt32, PointRecord.View) throws(CollectionError) -> Bool
  ) throws(CollectionError) {
    var isDone = false
    for start in stride(from: 0, to: offsets.count, by: Self.batch) where !isDone {
      let part = Array(offsets[start..<min(start + Self.batch, offsets.count)])
      try transaction.visitRecords(at: part) { (index, record) throws(CollectionError) in
        if isDone { return }
        if try passes(record, at: part[index]) { isDone = try !body(part[index], record) }
      }
    }
  }

  /// Whether a record passes.
  func passes(_ record: PointRecord.View, at offset: UInt32) throws(CollectionError) -> Bool {
    if answer.sure.contains(offset) { return true }
    guard answer.possible.contains(offset), let evaluator else { return false }
    return try evaluator.passes(id: record.id, payload: record.payload) { name in
      transaction.hasVector(name, at: offset)
    }
  }

  // MARK: Rows

  /// The rows that alone can pass as far as indexes know; `nil` when that is any.
  func possibleRows() -> RowMask? {
    if case .allBut(let rows) = answer.possible, rows.isEmpty { return nil }
    return mask(of: answer.possible)
  }

  /// The rows that pass, if that takes few records; they may be dead.
  func rowsAtOnce() throws(CollectionError) -> RowMask? {
    if candidates != nil { return try rows() }
    guard case .only(let unsure) = answer.unsure, unsure.count <= Self.testedAtOnceMax else {
      return nil
    }
    if unsure.isEmpty { return mask(of: answer.possible) }
    let passed = try tested(unsure)
    return mask(of: answer.sure.union(.only(RowSet(passed))))
  }

  /// The rows that pass, whatever it takes; they may be dead.
  func rows() throws(CollectionError) -> RowMask {
    if candidates == nil, case .only(let unsure) = answer.unsure {
      let passed = try tested(unsure)
      return mask(of: answer.sure.union(.only(RowSet(passed))))
    }
    var offsets: [UInt32] = []
    try forEachPoint { (offset, _) throws(CollectionError) in
      offsets.append(offset)
      return true
    }
    return mask(of: .only(RowSet(offsets)))
  }

  /// How many points pass.
  func count() throws(CollectionError) -> Int {
    guard candidates == nil, case .only(let unsure) = answer.unsure else {
      var count = 0
      try forEachPoint { (_, _) throws(CollectionError) in
        count += 1
        return true
      }
      return count
    }
    let sure: Int
    switch answer.sure {
    case .only(let rows):
      var count = 0
      try forEachExisting(rows) { _ in count += 1 }
      sure = count
    case .allBut(let rows):
      var count = 0
      let others = rows.mask(below: transaction.visibility.rowCount)
      try transaction.forEachVisible { (offset) throws(CollectionError) in
        count += others.contains(offset) ? 0 : 1
        return true
      }
      sure = count
    }
    return sure + (try tested(unsure).count)
  }

  /// The existing rows among `rows` whose records pass.
  private func tested(
    _ rows: RowSet
  ) throws(CollectionError) -> [UInt32] {
    if rows.isEmpty { return [] }
    var passed: [UInt32] = []
    try visit(try existing(rows)) { (offset, _) throws(CollectionError) in
      passed.append(offset)
      return true
    }
    return passed
  }

  /// Those of the rows that exist.
  private func existing(_ rows: RowSet) throws(CollectionError) -> [UInt32] {
    var existing: [UInt32] = []
    try forEachExisting(rows) { existing.append($0) }
    return existing
  }

  private func forEachExisting(
    _ rows: RowSet, _ body: (UInt32) -> Void
  ) throws(CollectionError) {
    var pace = WorkPace(transaction.flag)
    for row in rows {
      try pace.step()
      if transaction.visibility.isVisible(row) { body(row) }
    }
  }

  private func mask(of selection: RowSelection) -> RowMask {
    selection.mask(below: transaction.visibility.rowCount)
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

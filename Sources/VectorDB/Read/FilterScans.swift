import PointModel
import RowSets
import VectorIndex

/// What is known of the filters of one request: equal ones are looked at once. For one thread at a
/// time.
final class FilterScans {
  private let transaction: ReadTransaction
  private var known: [Entry] = []

  private struct Entry {
    let filter: Filter
    let scan: FilterScan
    /// The rows that pass, once they have been found.
    var rows: RowMask?
  }

  /// Filters that are kept.
  private static let keptMax = 16

  init(_ transaction: ReadTransaction) {
    self.transaction = transaction
  }

  /// The scan for a filter, and the rows that pass if they were found at once, or before; they may
  /// be dead.
  func scan(
    _ filter: Filter
  ) throws(CollectionError) -> (scan: FilterScan, rows: RowMask?) {
    let entry = known[try position(of: filter)]
    return (entry.scan, entry.rows)
  }

  /// The rows that pass, whatever it takes to find them; they may be dead.
  func rows(_ filter: Filter) throws(CollectionError) -> RowMask {
    let position = try position(of: filter)
    if let rows = known[position].rows { return rows }
    let rows = try known[position].scan.rows()
    known[position].rows = rows
    return rows
  }

  /// The rows that pass, if they are `most` at most and payload indexes tell them at once: without
  /// reading a record, and without listing many more rows; they may be dead.
  func briefRows(_ filter: Filter, most: Int) throws(CollectionError) -> RowMask? {
    if let entry = known.first(where: { $0.filter == filter }) { return entry.rows }
    guard filter.heldBytes <= Self.briefFilterBytes, Self.hasDemandsOnly(filter) else { return nil }
    let indexed = IndexedFilter(transaction.payloadIndexes, PayloadPace(transaction.flag))
    if let answer = indexed.answer(toKey: filter) {
      let rowCount = Int(transaction.visibility.rowCount)
      guard answer.possible.count(of: rowCount) <= most else { return nil }
      let scan = FilterScan(filter, answer: answer, in: transaction)
      return keep(scan, of: filter, rows: try scan.rowsAtOnce())
    }
    guard let estimate = indexed.estimate(filter), estimate <= most else { return nil }
    let scan = try FilterScan(filter, in: transaction)
    guard case .only(let unsure) = scan.answer.unsure, unsure.isEmpty else { return nil }
    return keep(scan, of: filter, rows: try scan.rowsAtOnce())
  }

  /// Longer filters take their time to be looked up.
  private static let briefFilterBytes = 4 << 10

  /// Whether a filter is made of conditions on payload alone, all of which must hold.
  private static func hasDemandsOnly(_ filter: Filter) -> Bool {
    filter.should.isEmpty && filter.mustNot.isEmpty && filter.minShould == nil
      && filter.must.allSatisfy { condition in
        switch condition {
        case .match, .range, .datetimeRange, .geoBoundingBox, .geoRadius: true
        default: false
        }
      }
  }

  private func keep(_ scan: FilterScan, of filter: Filter, rows: RowMask?) -> RowMask? {
    if known.count == Self.keptMax { known.removeFirst() }
    known.append(Entry(filter: filter, scan: scan, rows: rows))
    return rows
  }

  private func position(of filter: Filter) throws(CollectionError) -> Int {
    if let position = known.firstIndex(where: { $0.filter == filter }) { return position }
    let scan = try FilterScan(filter, in: transaction)
    _ = keep(scan, of: filter, rows: try scan.rowsAtOnce())
    return known.count - 1
  }
}

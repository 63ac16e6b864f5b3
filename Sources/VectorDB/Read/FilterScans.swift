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

  private func position(of filter: Filter) throws(CollectionError) -> Int {
    if let position = known.firstIndex(where: { $0.filter == filter }) { return position }
    let scan = try FilterScan(filter, in: transaction)
    let rows = try scan.rowsAtOnce()
    if known.count == Self.keptMax { known.removeFirst() }
    known.append(Entry(filter: filter, scan: scan, rows: rows))
    return known.count - 1
  }
}

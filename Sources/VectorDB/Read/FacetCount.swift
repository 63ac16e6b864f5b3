import PointModel
import RowSets
import VectorIndex

/// Counts points by the values of one field.
struct FacetCount {
  private let transaction: ReadTransaction
  private let request: FacetRequest
  private let values: FieldValues

  /// - Throws: ``CollectionError/wrongInput(_:)`` when no index covers matches of the key.
  init(_ request: FacetRequest, in transaction: ReadTransaction) throws(CollectionError) {
    self.transaction = transaction
    self.request = request
    let schema = transaction.collection.fieldSchema(at: request.key)
    guard let schema, schema.params.canMatch else {
      throw .wrongInput(
        """
        No appropriate index for faceting: `\(request.key)`. Please create one to facet on this \
        field. Check https://qdrant.tech/documentation/concepts/indexing/#payload-index to see \
        which payload schemas support Match conditions
        """)
    }
    self.values = FieldValues(path: request.key, type: schema.params.type)
  }

  /// Rows that pass a filter, up to which their records are read rather than the whole index.
  private static let readRowsMax = 4096

  /// The most frequent values; equally frequent ones in their own order.
  func hits() throws(CollectionError) -> [FacetHit] {
    let hits = try counts().map { FacetHit(value: $0.key, count: $0.value) }
    return Array(hits.sorted(by: Self.precedes).prefix(request.limit))
  }

  private func counts() throws(CollectionError) -> [MatchValue: Int] {
    let filter = request.filter.flatMap { $0.isEmpty ? nil : $0 }
    let scan = try FilterScan(filter ?? Filter(), in: transaction)
    guard transaction.canCountValues(of: request.key) else {
      return try scannedCounts(scan)
    }
    let allowed = try filter == nil ? nil : scan.rows()
    if let allowed, allowed.count <= Self.readRowsMax { return try scannedCounts(scan) }
    var counts: [MatchValue: Int] = [:]
    _ = try transaction.forEachValueCount(of: request.key, among: allowed) { counts[$0] = $1 }
    return counts
  }

  /// From the records.
  private func scannedCounts(
    _ scan: FilterScan
  ) throws(CollectionError) -> [MatchValue: Int] {
    var counts: [MatchValue: Int] = [:]
    try scan.forEachPoint { (_, view) throws(CollectionError) in
      for value in Set(values.matchValues(in: try view.parsedPayload())) {
        counts[value, default: 0] += 1
      }
      return true
    }
    return counts
  }

  private static func precedes(_ left: FacetHit, _ right: FacetHit) -> Bool {
    if left.count != right.count { return left.count > right.count }
    switch (left.value, right.value) {
    case (.string(let left), .string(let right)):
      return left.utf8.lexicographicallyPrecedes(right.utf8)
    case (.integer(let left), .integer(let right)): return left < right
    case (.unsigned(let left), .unsigned(let right)): return left < right
    case (.integer, .unsigned): return true
    case (.unsigned, .integer): return false
    case (.bool(let left), .bool(let right)): return !left && right
    // Values of one index are of one kind.
    case (.string, _), (.integer, _), (.unsigned, _), (.bool, _): return false
    }
  }
}

import PointModel

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

  /// The most frequent values; equally frequent ones in their own order.
  func hits(flag: CancellationFlag) throws(CollectionError) -> [FacetHit] {
    var counts: [MatchValue: Int] = [:]
    let scan = FilterScan(request.filter ?? Filter(), in: transaction)
    try scan.forEach(flag: flag) { (_, view) throws(CollectionError) in
      for value in Set(values.matchValues(in: try view.parsedPayload())) {
        counts[value, default: 0] += 1
      }
      return true
    }
    let hits = counts.map { FacetHit(value: $0.key, count: $0.value) }
    return Array(hits.sorted(by: Self.precedes).prefix(request.limit))
  }

  private static func precedes(_ left: FacetHit, _ right: FacetHit) -> Bool {
    if left.count != right.count { return left.count > right.count }
    switch (left.value, right.value) {
    case (.string(let left), .string(let right)):
      return left.utf8.lexicographicallyPrecedes(right.utf8)
    case (.integer(let left), .integer(let right)): return left < right
    case (.bool(let left), .bool(let right)): return !left && right
    // Values of one index are of one kind.
    case (.string, _), (.integer, _), (.bool, _): return false
    }
  }
}

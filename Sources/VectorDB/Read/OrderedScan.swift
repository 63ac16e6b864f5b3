import PointModel
import RowSets
import VectorIndex

/// Pages of a collection in the order of values in payloads.
struct OrderedScan {
  private let transaction: ReadTransaction
  private let order: OrderBy
  private let values: FieldValues

  /// - Throws: ``CollectionError/wrongInput(_:)`` when no range index covers the key.
  init(_ order: OrderBy, in transaction: ReadTransaction) throws(CollectionError) {
    self.transaction = transaction
    self.order = order
    let schema = transaction.collection.fieldSchema(at: order.key)
    guard let schema, schema.params.canOrder else {
      throw .wrongInput(
        """
        No range index for `order_by` key: `\(order.key)`. Please create one to use `order_by`. \
        Check https://qdrant.tech/documentation/concepts/indexing/#payload-index to see which \
        payload schemas support Range conditions
        """)
    }
    self.values = FieldValues(path: order.key, type: schema.params.type)
  }

  private struct Entry {
    let value: Number
    let id: PointID
    let offset: UInt32
  }

  /// The first `limit` points, after `skipping` others, with score 1.
  func candidates(
    skipping: Int = 0, limit: Int, filter: Filter?
  ) throws(CollectionError) -> [Candidate] {
    try entries(skipping.addingSaturating(limit), filter).dropFirst(skipping).map { entry in
      Candidate(offset: entry.offset, score: 1, orderValue: entry.value)
    }
  }

  /// The first `limit` points of `rows`, all of which exist, with score 1.
  func candidates(
    among rows: [UInt32], limit: Int
  ) throws(CollectionError) -> [Candidate] {
    var entries: [Entry] = []
    try transaction.visitRecords(at: rows) { (index, view) throws(CollectionError) in
      try append(view, at: rows[index], to: &entries)
    }
    keepFirst(limit, of: &entries)
    return entries.map { Candidate(offset: $0.offset, score: 1, orderValue: $0.value) }
  }

  /// The first `count` entries.
  private func entries(
    _ count: Int, _ filter: Filter?
  ) throws(CollectionError) -> [Entry] {
    if count == 0 { return [] }
    let filter = filter.flatMap { $0.isEmpty ? nil : $0 }
    guard transaction.canOrder(by: order.key) else {
      return try scannedEntries(count, filter)
    }
    let allowed = try filter.map { filter throws(CollectionError) in
      try FilterScan(filter, in: transaction).rows()
    }
    return try indexedEntries(count, allowed)
  }

  /// From the index: values in their order until they have enough rows.
  private func indexedEntries(
    _ count: Int, _ allowed: RowMask?
  ) throws(CollectionError) -> [Entry] {
    var found: [(value: Number, offset: UInt32)] = []
    var pace = WorkPace(transaction.flag)
    _ = try transaction.forEachValue(
      of: order.key, descending: order.direction == .descending, from: order.start?.number
    ) { (value, rows) throws(CollectionError) in
      try pace.step(rows.count)
      for offset in rows where allowed?.contains(offset) ?? true {
        found.append((value, offset))
      }
      return found.count < count
    }
    var entries: [Entry] = []
    entries.reserveCapacity(found.count)
    for (value, offset) in found {
      try pace.step()
      entries.append(Entry(value: value, id: try transaction.id(of: offset), offset: offset))
    }
    keepFirst(count, of: &entries)
    return entries
  }

  /// From the records, while the index is not ready.
  private func scannedEntries(
    _ count: Int, _ filter: Filter?
  ) throws(CollectionError) -> [Entry] {
    var entries: [Entry] = []
    // What can no longer be among the first is let go of now and then.
    let bound = max(4096, count.addingSaturating(count))
    let scan = try FilterScan(filter ?? Filter(), in: transaction)
    try scan.forEachPoint { (offset, view) throws(CollectionError) in
      try append(view, at: offset, to: &entries)
      if entries.count >= bound { keepFirst(count, of: &entries) }
      return true
    }
    keepFirst(count, of: &entries)
    return entries
  }

  private func append(
    _ view: PointRecord.View, at offset: UInt32, to entries: inout [Entry]
  ) throws(CollectionError) {
    for value in Set(values.orderValues(in: try view.parsedPayload())).filter(isAtOrAfterStart) {
      entries.append(Entry(value: value, id: view.id, offset: offset))
    }
  }

  private func keepFirst(_ count: Int, of entries: inout [Entry]) {
    switch order.direction {
    case .ascending: entries.sort { Self.precedes($0, $1) }
    case .descending: entries.sort { Self.precedes($1, $0) }
    }
    entries.removeSubrange(min(count, entries.count)...)
  }

  private static func precedes(_ left: Entry, _ right: Entry) -> Bool {
    if left.value < right.value { return true }
    return left.value == right.value && left.id < right.id
  }

  private func isAtOrAfterStart(_ value: Number) -> Bool {
    guard let start = order.start?.number else { return true }
    return order.direction == .ascending ? value >= start : value <= start
  }
}

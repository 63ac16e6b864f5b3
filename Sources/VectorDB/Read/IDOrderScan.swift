import PayloadIndex
import PointModel
import RowSets
import Storage
import VectorIndex

/// Walks a collection in the order of its ids.
struct IDOrderScan {
  private let transaction: ReadTransaction

  init(_ transaction: ReadTransaction) {
    self.transaction = transaction
  }

  /// Ids read at once before their records are fetched.
  private static let batch = 256

  /// Points of a page, and the id that the next page starts from.
  struct Page {
    var offsets: [UInt32] = []
    var next: PointID?
  }

  /// A page of points with ids from `first` on, after `skipping` that pass the filter.
  func page(
    from first: PointID?, skipping: Int, limit: Int, filter: Filter?
  ) throws(CollectionError) -> Page {
    let filter = filter.flatMap { $0.isEmpty ? nil : $0 }
    let scan = try filter.map { filter throws(CollectionError) in
      try FilterScan(filter, in: transaction)
    }
    var page = Page()
    var toSkip = skipping
    var from = first
    let pageCount = toSkip.addingSaturating(limit).addingSaturating(1)
    var listed: [UInt32]?
    if let scan { listed = try self.listed(scan, pageCount: pageCount, from: first) }
    while true {
      var offsets: [UInt32]
      if let listed {
        offsets = listed
        from = nil
      } else {
        let count = scan == nil ? min(Self.batch, pageCount) : Self.batch
        offsets = try locations(from: from, count: count, next: &from)
      }
      if let scan { offsets = try passing(scan, offsets) }
      for offset in offsets {
        if toSkip > 0 {
          toSkip -= 1
        } else if page.offsets.count == limit {
          page.next = try transaction.id(of: offset)
          return page
        } else {
          page.offsets.append(offset)
        }
      }
      if from == nil { return page }
      try transaction.flag.check()
    }
  }

  /// Those of `offsets` that pass, in their order.
  private func passing(
    _ scan: FilterScan, _ offsets: [UInt32]
  ) throws(CollectionError) -> [UInt32] {
    let possible = offsets.filter { scan.answer.possible.contains($0) }
    let unsure = possible.filter { !scan.answer.sure.contains($0) }
    if unsure.isEmpty { return possible }
    var failed: Set<UInt32> = []
    try transaction.visitRecords(at: unsure) { (index, view) throws(CollectionError) in
      if try !scan.passes(view, at: unsure[index]) { failed.insert(unsure[index]) }
    }
    return possible.filter { !failed.contains($0) }
  }

  /// The offsets of all points that can pass, in the order of their ids from `first` on, when
  /// listing them costs less than walking over the ids of all points until a page is full.
  private func listed(
    _ scan: FilterScan, pageCount: Int, from first: PointID?
  ) throws(CollectionError) -> [UInt32]? {
    let isInRange: (PointID) -> Bool = { id in first.map { id >= $0 } ?? true }
    if let candidates = scan.candidates {
      return try transaction.locations(of: candidates.filter(isInRange))
        .compactMap { $0?.offset }
    }
    guard case .only(let rows) = scan.answer.possible else { return nil }
    let share = Double(rows.count) / Double(max(1, transaction.visibility.rowCount))
    let walked = Double(pageCount) / max(share, 1e-9)
    guard Double(rows.count) * Self.recordCost <= walked else { return nil }
    var found: [(id: PointID, offset: UInt32)] = []
    try scan.forEachPoint { (offset, record) throws(CollectionError) in
      if isInRange(record.id) { found.append((record.id, offset)) }
      return true
    }
    return found.sorted { $0.id < $1.id }.map(\.offset)
  }

  /// Reading a record costs about so many steps over ids.
  private static let recordCost = 4.0

  /// Up to `count` offsets from id `from` on; `next` becomes the id after them, or `nil`.
  private func locations(
    from: PointID?, count: Int, next: inout PointID?
  ) throws(CollectionError) -> [UInt32] {
    let collection = transaction.collection
    let range = KeyLayout.range(of: collection.number)
    let lower = from.map { KeyLayout.id(collection.number, $0) } ?? range.lower
    var offsets: [UInt32] = []
    next = nil
    do {
      var iterator = try collection.core.store.scan(
        in: KeyLayout.ids, from: lower, upTo: range.upper, at: transaction.snapshot)
      while try iterator.next() {
        if offsets.count == count {
          let key = UnsafeRawBufferPointer(rebasing: iterator.key.dropFirst(4))
          next = KeyLayout.id(in: key)?.id
          break
        }
        offsets.append(try PointLocation(iterator.value).offset)
      }
    } catch let error as StorageError {
      collection.note(CollectionError(error))
      throw CollectionError(error)
    } catch let error as CollectionError {
      throw error
    } catch {
      throw .storage(String(describing: error))
    }
    return offsets
  }
}

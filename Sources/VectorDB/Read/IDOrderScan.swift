import PointModel
import Storage

/// Walks a collection in the order of its ids.
struct IDOrderScan {
  private let transaction: ReadTransaction

  init(_ transaction: ReadTransaction) {
    self.transaction = transaction
  }

  /// Ids read at once before their records are fetched.
  private static let batch = 256

  /// A page of records, after `skipping` points that pass the filter.
  func page(
    _ request: ScrollRequest, skipping: Int, flag: CancellationFlag?
  ) throws(CollectionError) -> ScrollPage {
    let filter = request.filter.flatMap { $0.isEmpty ? nil : $0 }
    let scan = filter.map { FilterScan($0, in: transaction) }
    var page = ScrollPage(records: [], nextOffset: nil)
    var toSkip = skipping
    var from = request.offset
    while true {
      if flag?.isCancelled == true { throw .timedOut("the scroll was given up") }
      let offsets: [UInt32]
      if let candidates = scan?.candidates {
        let start = from
        let ids = candidates.filter { id in start.map { id >= $0 } ?? true }
        offsets = try transaction.locations(of: ids).compactMap { $0?.offset }
        from = nil
      } else {
        let pageCount = toSkip.addingSaturating(request.limit).addingSaturating(1)
        let count = scan == nil ? min(Self.batch, pageCount) : Self.batch
        offsets = try locations(from: from, count: count, next: &from)
      }
      try transaction.visitRecords(at: offsets) { (index, view) throws(CollectionError) in
        if page.nextOffset != nil { return }
        if let scan, try !scan.passes(view, at: offsets[index]) { return }
        if toSkip > 0 {
          toSkip -= 1
          return
        }
        if page.records.count == request.limit {
          page.nextOffset = view.id
          return
        }
        page.records.append(
          try transaction.record(
            view, at: offsets[index], payload: request.withPayload, vector: request.withVector))
      }
      if page.nextOffset != nil || from == nil { return page }
    }
  }

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

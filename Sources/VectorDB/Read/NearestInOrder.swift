import VectorIndex

/// The nearest rows of one query, handed out piece by piece and each once: from a scan that has
/// scored everything, or from searches of an index that ask for more each time. A later piece may
/// hold a row that is nearer than some before, which the index missed at first.
struct NearestInOrder {
  private enum Source {
    case scored(RankedScan)
    case searched(IVFSearch)
  }

  private var source: Source
  private let query: SearchQuery
  private let transaction: ReadTransaction
  private let slot: VectorSlot
  private var handedOut: Set<UInt32> = []
  /// Whether what was handed out are all rows there are.
  private(set) var isComplete = false

  init(
    _ query: SearchQuery, in transaction: ReadTransaction, _ slot: VectorSlot, index: IVFIndexView?,
    effort: SearchEffort
  ) throws(CollectionError) {
    self.query = query
    self.transaction = transaction
    self.slot = slot
    if let index {
      source = .searched(IVFSearch(index, effort: effort))
      return
    }
    do {
      source = .scored(
        try RankedScan(
          query, metric: slot.metric, in: transaction.columns[slot.position],
          visibility: transaction.visibility,
          shouldStop: transaction.flag.shouldStop))
    } catch {
      throw transaction.flag.failure
    }
  }

  /// The next `count` rows or, at the end, fewer.
  mutating func next(_ count: Int) throws(CollectionError) -> [Neighbor] {
    switch source {
    case .scored(var scan):
      let next = scan.next(count)
      source = .scored(scan)
      isComplete = next.isEmpty
      return next
    case .searched(let search):
      do {
        var query = query
        query.limit = handedOut.count + count
        let found = try search.search(
          [query], in: transaction.columns[slot.position], visibility: transaction.visibility,
          shouldStop: transaction.flag.shouldStop)[0]
        let next = found.filter { !handedOut.contains($0.offset) }
        handedOut.formUnion(next.map(\.offset))
        return next
      } catch {
        throw transaction.flag.failure
      }
    }
  }
}

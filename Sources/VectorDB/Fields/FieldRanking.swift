import VectorIndex

/// The nearest rows of one query, handed out piece by piece and each once. A later piece may hold
/// a row that is nearer than some before, which was missed at first.
protocol FieldRanking {
  /// Whether what was handed out are all rows there are. Known after a piece was empty.
  var isComplete: Bool { get }

  /// The next `count` rows or, at the end, fewer.
  ///
  /// - Throws: `SearchInterrupted` after `shouldStop` returned true.
  mutating func next(
    _ count: Int, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [Neighbor]
}

/// Rows from a scan that has scored everything.
struct ScoredRanking: FieldRanking {
  private var scan: RankedScan
  private(set) var isComplete = false

  init(_ scan: RankedScan) {
    self.scan = scan
  }

  mutating func next(
    _ count: Int, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [Neighbor] {
    let next = scan.next(count)
    isComplete = next.isEmpty
    return next
  }
}

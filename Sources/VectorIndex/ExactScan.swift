public import RowSets

/// Search by scoring every row: recall 1, cost proportional to the rows.
///
/// A batch reads each row from memory once. A query whose `allowed` holds less than a quarter of
/// the rows scores only those.
public struct ExactScan: VectorSearching {
  private let metric: Metric

  /// Scans by `metric`.
  public init(metric: Metric) {
    self.metric = metric
  }

  /// What the look at a row costs, as the bytes read in that time, however short it is.
  static let leastRowBytes = 64

  /// All of the rows.
  public func bytesRead(limit: Int, in view: DenseColumnView, visibility: VisibilityView) -> Int {
    Int(visibility.rowCount) * max(view.rowBytes, Self.leastRowBytes)
  }

  /// The nearest visible rows for each query, exactly; see ``VectorSearching``. `shouldStop` is
  /// polled once a block of about 100 KiB.
  ///
  /// - Throws: ``SearchInterrupted`` after `shouldStop` returned true.
  public func search(
    _ queries: [SearchQuery], in view: DenseColumnView, visibility: VisibilityView,
    shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [[Neighbor]] {
    try Self.nearest(
      queries.map { query in
        ScorerQuery(
          view.scorer(for: query.vector, metric: metric), limit: query.limit,
          minimumScore: query.minimumScore, allowed: query.allowed)
      }, visibility: visibility, shouldStop: shouldStop)
  }

  /// The nearest visible rows for each query, whatever the rows are made of, exactly: best first,
  /// equal scores by lower offset.
  ///
  /// - Parameters:
  ///   - queries: searched together. Their scorers are of one column.
  ///   - visibility: which of the rows exist for this reader, taken with the column's view.
  ///   - shouldStop: polled once a block of rows.
  /// - Throws: ``SearchInterrupted`` after `shouldStop` returned true.
  public static func nearest(
    _ queries: [ScorerQuery], visibility: VisibilityView, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [[Neighbor]] {
    let scanner = FlatScanner(visibility: visibility)
    var lanes = queries.map { ScanLane($0, collector: TopK(capacity: $0.limit)) }
    var scanned: [Int] = []
    for (index, query) in queries.enumerated() where query.limit > 0 {
      if let allowed = query.allowed, scanner.shouldGather(allowed) {
        guard scanner.gather(allowed, for: &lanes[index], shouldStop: shouldStop) else {
          throw SearchInterrupted()
        }
      } else {
        scanned.append(index)
      }
    }
    if !scanned.isEmpty {
      guard scanner.scan(&lanes, at: scanned, shouldStop: shouldStop) else {
        throw SearchInterrupted()
      }
    }
    return try TopK.sorted(lanes.lazy.map(\.collector), shouldStop: shouldStop)
  }
}

/// One query of a scan, prepared for the rows of a column.
public struct ScorerQuery: Sendable {
  /// What scores the rows.
  public let scorer: any Scorer
  /// How many neighbours are wanted at most.
  public let limit: Int
  /// The lowest score that a neighbour may have, itself included.
  public let minimumScore: Float?
  /// Only these offsets may be returned; `nil` allows all.
  public let allowed: RowMask?

  /// The `limit` best rows by `scorer`.
  public init(
    _ scorer: any Scorer, limit: Int, minimumScore: Float? = nil, allowed: RowMask? = nil
  ) {
    self.scorer = scorer
    self.limit = limit
    self.minimumScore = minimumScore
    self.allowed = allowed
  }
}

import RowSets

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
    let scanner = FlatScanner(visibility: visibility)
    var lanes: [ScanLane<TopK>] = []
    for query in queries {
      lanes.append(
        ScanLane(
          query, scorer: view.scorer(for: query.vector, metric: metric),
          collector: TopK(capacity: query.limit)))
    }
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
    return lanes.map { $0.collector.sorted() }
  }
}

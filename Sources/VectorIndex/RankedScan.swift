/// All visible rows in the order of their scores for one query, handed out piece by piece.
///
/// For filters that are cheap on a few rows and expensive on all: take the next best rows, test
/// them, and go on until enough have passed. Scoring is done once, when the scan is made (8 bytes
/// and one score a row); each neighbour taken then costs O(log n).
public struct RankedScan: Sendable {
  private var heap: NeighborHeap

  /// Scores the rows for `query`, whose `limit` is ignored.
  ///
  /// - Parameters:
  ///   - query: its scorer's rows were taken together with `visibility` (see ``DenseColumn``).
  ///   - visibility: which of the rows exist for this reader.
  ///   - shouldStop: polled once a block of about 100 KiB.
  /// - Throws: ``SearchInterrupted`` after `shouldStop` returned true.
  public init(
    _ query: ScorerQuery, visibility: VisibilityView, shouldStop: () -> Bool
  ) throws(SearchInterrupted) {
    let scanner = FlatScanner(visibility: visibility)
    var lanes = [ScanLane(query, collector: AllNeighbors())]
    let finished: Bool
    if let allowed = query.allowed, scanner.shouldGather(allowed) {
      finished = scanner.gather(allowed, for: &lanes[0], shouldStop: shouldStop)
    } else {
      finished = scanner.scan(&lanes, at: [0], shouldStop: shouldStop)
    }
    guard finished else { throw SearchInterrupted() }
    heap = NeighborHeap(root: .best, heapifying: lanes[0].collector.elements)
  }

  /// The next `n` neighbours, best first; fewer when the end is reached.
  public mutating func next(_ n: Int) -> [Neighbor] {
    var result: [Neighbor] = []
    result.reserveCapacity(min(n, heap.count))
    while result.count < n, let neighbor = heap.popFirst() {
      result.append(neighbor)
    }
    return result
  }
}

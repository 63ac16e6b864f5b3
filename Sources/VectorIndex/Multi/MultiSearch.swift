public import RowSets

/// Search through a ``MultiIndex``: for each vector of the query the lists of the centroids nearest
/// to it, for each row met the sum of what those lists promise, and exact scores for the rows that
/// are promised most and for those that are in no list yet.
public struct MultiSearch {
  private let index: MultiIndexView
  private let column: MultiColumnView
  private let visibility: VisibilityView
  private let effort: MultiEffort
  private let scansTail: Bool

  /// - Parameters:
  ///   - visibility: taken together with the views.
  ///   - scansTail: whether rows that are in no list yet are scored.
  public init(
    index: MultiIndexView, column: MultiColumnView, visibility: VisibilityView,
    effort: MultiEffort, scansTail: Bool = true
  ) {
    self.index = index
    self.column = column
    self.visibility = visibility
    self.effort = effort
    self.scansTail = scansTail
  }

  /// The nearest rows among the candidates, best first, equal scores by lower offset; all that are
  /// allowed are candidates where there are not many more of them than would be chosen.
  ///
  /// - Parameters:
  ///   - vectors: those of the query, each of the column's dimension, at least one.
  ///   - limit: how many neighbours are wanted at most.
  ///   - allowed: the rows that may be returned; `nil` for all.
  ///   - shouldStop: polled often.
  /// - Throws: ``SearchInterrupted`` after `shouldStop` returned true.
  public func search(
    _ vectors: [Float], limit: Int, allowed: RowMask?, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [Neighbor] {
    let scorer = column.scorer(for: vectors, metric: index.metric)
    let wanted = effort.candidates(limit)
    let among = allowed?.count ?? Int(index.end)
    guard let centroids = index.centroids, among > 2 * wanted,
      let candidates = try candidates(
        lists(near: vectors, centroids, among: among), wanted, atLeast: limit, allowed,
        shouldStop)
    else {
      return try ExactScan.nearest(
        [ScorerQuery(scorer, limit: limit, allowed: allowed)], visibility: visibility,
        shouldStop: shouldStop)[0]
    }
    let waiting =
      scansTail ? (index.end..<visibility.rowCount).filter { allowed?.contains($0) ?? true } : []
    var best = TopK(capacity: limit)
    for offsets in [candidates, waiting] {
      for start in stride(from: 0, to: offsets.count, by: Self.rowsBetweenLooks) {
        if shouldStop() { throw SearchInterrupted() }
        let part = Array(offsets[start..<min(offsets.count, start + Self.rowsBetweenLooks)])
        for (offset, score) in zip(part, scorer.scores(at: part)) {
          guard let score, visibility.isVisible(offset) else { continue }
          best.offer(offset: offset, score: score)
        }
      }
    }
    return best.sorted()
  }

  private static let rowsBetweenLooks = 64

  /// The lists that one vector of a query asks, best first, with what a row gets for being in one:
  /// how much nearer its centroid is than the first that is not asked.
  private typealias AskedLists = [(centroid: Int, gain: Float)]

  private func lists(
    near vectors: [Float], _ centroids: Centroids, among allowed: Int
  ) -> [AskedLists] {
    let dimension = column.dimension
    let count = vectors.count / dimension
    let width = centroids.width
    // The best of fewer rows are more remote.
    let scarcity = (Double(index.end) / Double(max(1, allowed))).squareRoot()
    let asked = (Double(effort.lists) * max(1, scarcity)).rounded(.up)
    let wanted = Int(min(asked, Double(centroids.count - 1))) + 1
    var floats = column.codec.kept(vectors)
    if index.metric == .cosine {
      floats.withUnsafeMutableBufferPointer { floats in
        for start in stride(from: 0, to: floats.count, by: dimension) {
          VectorMath.normalize(
            UnsafeMutableBufferPointer(rebasing: floats[start..<start + dimension]))
        }
      }
    }
    let distances = UnsafeMutablePointer<Float>.allocate(capacity: count * width)
    defer { distances.deallocate() }
    floats.withUnsafeBufferPointer { floats in
      guard let first = floats.baseAddress else { return }
      let rows = (0..<count).map { first + $0 * dimension }
      rows.withUnsafeBufferPointer { centroids.compare($0, into: distances) }
    }
    return (0..<count).map { number in
      let own = distances + number * width
      switch index.metric {
      case .squaredEuclid: break
      case .dot, .cosine:
        // Inner products alone.
        for centroid in 0..<centroids.count {
          own[centroid] -= centroids.halfSquaredLength(centroid)
        }
      case .manhattan:
        // Sums of absolute differences grow as distances do, and not as their squares.
        let half = floats[(number * dimension)..<(number + 1) * dimension].reduce(0) {
          $0 + $1 * $1 / 2
        }
        for centroid in 0..<centroids.count {
          own[centroid] = max(0, own[centroid] + half).squareRoot()
        }
      }
      return nearest(wanted, own, width)
    }
  }

  private func nearest(
    _ wanted: Int, _ distances: UnsafePointer<Float>, _ width: Int
  ) -> AskedLists {
    let slack = 8
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: wanted + slack) { positions in
      guard let first = positions.baseAddress else { return [] }
      let picked = Selection.smallest(
        wanted, of: distances, count: width, slack: slack, into: first)
      let sorted = positions[..<picked].map { Int($0) }.sorted {
        (distances[$0], $0) < (distances[$1], $1)
      }
      let floor = distances[sorted[wanted - 1]]
      // Twice a distance is what squares differ by; for products it is a factor common to all.
      return sorted.prefix(max(1, wanted - 1)).map { ($0, floor - distances[$0]) }
    }
  }

  /// The rows that are promised most, ascending; `nil` if fewer than `least` were met.
  private func candidates(
    _ asked: [AskedLists], _ wanted: Int, atLeast least: Int, _ allowed: RowMask?,
    _ shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [UInt32]? {
    var promised = TopK(capacity: wanted)
    for segment in index.segments {
      let first = segment.range.lowerBound
      let rows = UnsafeMutableBufferPointer<PromisedRow>.allocate(capacity: segment.range.count)
      defer { rows.deallocate() }
      rows.initialize(repeating: PromisedRow())
      var met: [UInt32] = []
      for (number, lists) in asked.enumerated() {
        if shouldStop() { throw SearchInterrupted() }
        let stamp = UInt32(number + 1)
        for list in lists {
          for offset in segment.list(list.centroid) {
            let place = Int(offset - first)
            // A better list has counted it already.
            if rows[place].stamp == stamp { continue }
            if rows[place].stamp == 0 { met.append(offset) }
            rows[place].stamp = stamp
            rows[place].gain += list.gain
          }
        }
      }
      for offset in met where allowed?.contains(offset) ?? true {
        let gain = rows[Int(offset - first)].gain
        if gain < promised.threshold || !visibility.isVisible(offset) { continue }
        promised.offer(offset: offset, score: gain)
      }
    }
    guard promised.count >= least else { return nil }
    return promised.sorted().map(\.offset).sorted()
  }
}

/// What the lists that were asked promise of a row.
private struct PromisedRow {
  var gain: Float = 0
  /// The vector of the query that counted it last, from 1 on.
  var stamp: UInt32 = 0
}

/// How hard a search looks for candidates.
public struct MultiEffort: Sendable, Equatable {
  /// Lists asked for each vector of a query.
  public var lists: Int
  private var leastCandidates: Int
  private var perResult: Int

  /// What finds about this share of the ten best.
  public static func recall(_ recall: Double) -> MultiEffort {
    if recall >= 0.995 { return MultiEffort(lists: 32, leastCandidates: 2_048, perResult: 64) }
    if recall > 0.95 { return MultiEffort(lists: 8, leastCandidates: 512, perResult: 16) }
    return MultiEffort(lists: 6, leastCandidates: 256, perResult: 8)
  }

  /// So many candidates, and no fewer than results.
  public static func candidates(_ count: Int) -> MultiEffort {
    MultiEffort(lists: 8, leastCandidates: count, perResult: 1)
  }

  /// So many lists.
  public static func probes(_ lists: Int) -> MultiEffort {
    MultiEffort(lists: max(1, lists), leastCandidates: 512, perResult: 16)
  }

  /// Rows that are scored for so many results.
  public func candidates(_ limit: Int) -> Int {
    let (product, overflows) = limit.multipliedReportingOverflow(by: perResult)
    return overflows ? .max / 4 : max(leastCandidates, min(product, .max / 4))
  }
}

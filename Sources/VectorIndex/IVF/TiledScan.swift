import RowSets

/// The exact neighbours of many queries at once, as a calibration wants them.
///
/// Products of rows and queries are worked out in tiles, several times as fast as scores are, and
/// rounded otherwise. They tell which rows may be among the nearest, a few more than are wanted,
/// and those are scored. Where too many may be, as among rows that are almost alike, the answer is
/// left to a scan.
package struct TiledScan {
  let metric: Metric
  let rows: DenseColumnView
  let visibility: VisibilityView

  /// Looks through the visible ones of `rows`.
  package init(metric: Metric, rows: DenseColumnView, visibility: VisibilityView) {
    self.metric = metric
    self.rows = rows
    self.visibility = visibility
  }

  /// Rows that are looked at between two looks at the time.
  private static let rowsPerLook: UInt32 = 1024

  /// Whether scores of rows are what products of their numbers tell, and not those of codes.
  var isPossible: Bool { rows.element != .turbo4 && metric != .manhattan }

  /// Queries that are best searched for together: as many as stay in the second cache.
  var batch: Int { min(max(65_536 / rows.dimension / 32 * 32, 32), 128) }

  /// The nearest visible rows for each of `queries`, which want equally many of the same rows, as
  /// ``ExactScan`` finds them; `nil` for queries that are left to it.
  ///
  /// - Parameter shouldStop: polled every thousand rows.
  /// - Throws: ``SearchInterrupted`` after `shouldStop` returned true.
  package func search(
    _ queries: [SearchQuery], shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [[Neighbor]?] {
    guard let first = queries.first else { return [] }
    let vectors = queries.map { rows.codec.listForm(of: $0.vector, metric: metric) }
    let tiles = Tiles(vectors, limit: first.limit, metric: metric, rows: rows)
    for start in stride(from: 0, to: visibility.rowCount, by: Int(Self.rowsPerLook)) {
      if shouldStop() { throw SearchInterrupted() }
      visibility.forEachVisible(in: start..<start + min(Self.rowsPerLook, .max - start)) { row in
        if first.allowed?.contains(row) ?? true, rows.contains(row) { tiles.take(row) }
      }
    }
    return zip(tiles.finish(), queries).map { candidates, query in
      candidates.map { best(of: $0, for: query) }
    }
  }

  private func best(of candidates: [UInt32], for query: SearchQuery) -> [Neighbor] {
    let scores = rows.scorer(for: query.vector, metric: metric).scores(at: candidates)
    var best = TopK(capacity: query.limit)
    for (offset, score) in zip(candidates, scores) {
      if let score { best.offer(offset: offset, score: score) }
    }
    return best.sorted()
  }
}

/// Queries that rows are taken past. Used by one thread.
private final class Tiles {
  /// The rows that may be among the nearest of a query.
  private struct Candidates {
    let length: Float
    /// ``SortKey``s of half a squared distance or a negated product, but for what all have.
    var keys: [UInt64] = []
    /// The key of the last one wanted of those met so far.
    var worst = Float.infinity
    /// So many are sorted, and those dropped that can't be among the nearest.
    var sortedAt = Tiles.sortedAt
    var areTooMany = false
  }

  private let centroids: Centroids
  private let reader: RowReader
  private let limit: Int
  private let metric: Metric
  private var candidates: [Candidates]
  /// The greatest key of each query that matters; no key is so small where there is no query.
  private var bounds: [Float]
  private var values: [Float]
  private var offsets: [UInt32] = []
  /// No row so far is longer.
  private var longest: Float

  private static let sortedAt = 64
  /// More are left to a scan.
  private static let enough = 1024

  init(_ vectors: [[Float]], limit: Int, metric: Metric, rows: DenseColumnView) {
    centroids = Centroids(dimension: rows.dimension, rows: vectors)
    reader = RowReader(rows, metric: metric, batch: CentroidComparison.tile)
    self.limit = limit
    self.metric = metric
    candidates = vectors.map { vector in
      let squared = vector.withUnsafeBufferPointer { VectorMath.squaredLength($0) }
      return Candidates(length: Float(squared.squareRoot()))
    }
    bounds = [Float](repeating: -.infinity, count: centroids.width)
    values = [Float](repeating: 0, count: CentroidComparison.tile * centroids.width)
    longest = metric == .cosine ? 1.01 : 0
    for query in vectors.indices { setBound(query) }
  }

  /// Takes a row that exists.
  func take(_ offset: UInt32) {
    offsets.append(offset)
    if offsets.count == CentroidComparison.tile { compare() }
  }

  /// The rows that may be among the nearest of each query, ascending; `nil` where these are too
  /// many.
  func finish() -> [[UInt32]?] {
    compare()
    return candidates.indices.map { query in
      sort(query)
      if candidates[query].areTooMany { return nil }
      return candidates[query].keys.map { UInt32(SortKey.position($0)) }.sorted()
    }
  }

  private func compare() {
    if offsets.isEmpty { return }
    let rows = reader.rows(offsets[...])
    let width = centroids.width
    values.withUnsafeMutableBufferPointer { values in
      guard let first = values.baseAddress else { return }
      centroids.compare(rows, into: first)
      for (number, row) in rows.enumerated() {
        let half = metric == .cosine ? 0 : measure(row)
        look(
          UnsafePointer(first + number * width), plus: metric == .squaredEuclid ? half : 0,
          at: offsets[number])
      }
    }
    offsets.removeAll(keepingCapacity: true)
  }

  /// Half the squared length of a row, after which none so far is longer than ``longest``.
  private func measure(_ row: UnsafePointer<Float>) -> Float {
    let vector = UnsafeBufferPointer(start: row, count: centroids.dimension)
    let squared = VectorMath.dot(vector, vector)
    if squared > longest * longest {
      longest = 1.01 * squared.squareRoot()
      for query in candidates.indices { setBound(query) }
    }
    return squared / 2
  }

  /// Compares the keys of one row with what matters.
  private func look(_ values: UnsafePointer<Float>, plus half: Float, at offset: UInt32) {
    let step = 16
    for start in stride(from: 0, to: centroids.width, by: step) {
      let isNear = bounds.withUnsafeBufferPointer { bounds in
        var count: Int32 = 0
        for query in start..<start + step {
          count &+= values[query] + half <= bounds[query] ? 1 : 0
        }
        return count > 0
      }
      if !isNear { continue }
      for query in start..<min(start + step, candidates.count) {
        let key = values[query] + half
        guard key <= bounds[query] else { continue }
        candidates[query].keys.append(SortKey.make(ascending: key, offset))
        if candidates[query].keys.count >= candidates[query].sortedAt { sort(query) }
      }
    }
  }

  private func sort(_ query: Int) {
    candidates[query].keys.sort()
    if candidates[query].keys.count >= limit, limit > 0 {
      candidates[query].worst = SortKey.value(candidates[query].keys[limit - 1])
    }
    setBound(query)
    let bound = bounds[query]
    let kept = candidates[query].keys.prefix { SortKey.value($0) <= bound }.count
    candidates[query].keys.removeSubrange(kept...)
    candidates[query].sortedAt = max(Self.sortedAt, 2 * kept)
    if kept > Self.enough {
      candidates[query].areTooMany = true
      candidates[query].keys = []
      setBound(query)
    }
  }

  /// Sums of *d* products, in any order, are off by a *d*·2⁻²⁴ of the greatest sum at most, and so
  /// is a score: twice that for the key and the score of a row, and of the last one wanted. Beyond
  /// what floats hold, nothing is known.
  private func setBound(_ query: Int) {
    let most = candidates[query].length + longest
    let square = most * most
    if !square.isFinite { candidates[query].areTooMany = true }
    if candidates[query].areTooMany {
      bounds[query] = -.infinity
      return
    }
    let unit = Float(centroids.dimension + 8) * 0x1p-24
    bounds[query] = candidates[query].worst + 2 * unit * square
  }
}

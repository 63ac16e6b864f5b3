/// Finds the lists of rows: the nearest centroid, and a second one that makes up for what the first
/// is bad at.
///
/// The second (SOAR, arXiv 2404.00774) is, of the nearest others, the one that minimises
/// `|x − c'|² + ⟨x − c', x − c⟩² / |x − c|²`: a query whose neighbours are far from the first
/// centroid along `x − c` sees them from another side.
final class ListAssignment {
  /// Rows compared with all centroids at once.
  private static let batch = 48
  /// Others among which the second list is chosen.
  private static let others = 16
  private static let slack = 8

  private let centroids: Centroids
  private let assignsTwice: Bool
  private let values: UnsafeMutablePointer<Float>
  private let nearest: UnsafeMutablePointer<UInt32>

  init(_ centroids: Centroids, assignsTwice: Bool) {
    self.centroids = centroids
    self.assignsTwice = assignsTwice && centroids.count > 1
    values = .allocate(capacity: Self.batch * centroids.width)
    nearest = .allocate(capacity: Self.others + 1 + Self.slack)
  }

  deinit {
    values.deallocate()
    nearest.deallocate()
  }

  /// Writes the lists of each of `rows`; `CodeLayout.noRow` for no second one.
  func assign(
    _ rows: UnsafeBufferPointer<UnsafePointer<Float>>, primary: UnsafeMutablePointer<UInt32>,
    secondary: UnsafeMutablePointer<UInt32>
  ) {
    for start in stride(from: 0, to: rows.count, by: Self.batch) {
      let part = UnsafeBufferPointer(
        rebasing: rows[start..<min(rows.count, start + Self.batch)])
      centroids.compare(part, into: values)
      for (index, row) in part.enumerated() {
        let scores = UnsafePointer(values + index * centroids.width)
        let first = Selection.smallest(of: scores, count: centroids.width)
        primary[start + index] = UInt32(first)
        secondary[start + index] =
          assignsTwice ? UInt32(second(row, first, scores)) : CodeLayout.noRow
      }
    }
  }

  private func second(
    _ row: UnsafePointer<Float>, _ first: Int, _ scores: UnsafePointer<Float>
  ) -> Int {
    let wanted = min(Self.others + 1, centroids.count)
    let found = Selection.smallest(
      wanted, of: scores, count: centroids.width, slack: Self.slack, into: nearest)
    let dimension = centroids.dimension
    let vector = UnsafeBufferPointer(start: row, count: dimension)
    let center = UnsafeBufferPointer(start: centroids.row(first), count: dimension)
    let squared = Float(VectorMath.squaredLength(vector))
    // |x − c|² from the score |c|²/2 − ⟨x, c⟩.
    let residual = max(0, 2 * scores[first] + squared)
    let product = -VectorMath.score(.dot, vector, center)
    var best = first
    var bestLoss = Float.infinity
    for index in 0..<found {
      let other = Int(nearest[index])
      if other == first { continue }
      let distance = max(0, 2 * scores[other] + squared)
      var loss = distance
      if residual > 0 {
        let otherCenter = UnsafeBufferPointer(start: centroids.row(other), count: dimension)
        // ⟨x − c', x − c⟩ = |x|² − ⟨x, c⟩ − ⟨x, c'⟩ + ⟨c', c⟩
        let otherProduct = centroids.halfSquaredLength(other) - scores[other]
        let along =
          squared + product - otherProduct + VectorMath.score(.dot, otherCenter, center)
        loss += along * along / residual
      }
      if loss < bestLoss || (loss == bestLoss && other < best) {
        bestLoss = loss
        best = other
      }
    }
    return best
  }
}

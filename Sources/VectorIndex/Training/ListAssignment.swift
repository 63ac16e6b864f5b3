/// Finds the lists of rows: the nearest centroid, and a second one that makes up for what the first
/// is bad at.
///
/// The second (SOAR, arXiv 2404.00774) is, of the nearest others, the one that minimises
/// `|x − c'|² + ⟨x − c', x − c⟩² / |x − c|²`: a query whose neighbours are far from the first
/// centroid along `x − c` sees them from another side.
final class ListAssignment {
  /// Others among which the second list is chosen.
  private static let others = 16
  private static let slack = 8

  private let centroids: Centroids
  private let assignsTwice: Bool
  private let comparison: CentroidComparison
  private let nearest: UnsafeMutablePointer<UInt32>

  /// - Parameter groups: those of `centroids`, if they are many.
  init(_ centroids: Centroids, groups: CentroidGroups?, assignsTwice: Bool) {
    self.centroids = centroids
    self.assignsTwice = assignsTwice && centroids.count > 1
    comparison = CentroidComparison(centroids, groups: groups)
    nearest = .allocate(capacity: Self.others + 1 + Self.slack)
  }

  deinit { nearest.deallocate() }

  /// Writes the lists of each of `rows`; `CodeLayout.noRow` for no second one.
  func assign(
    _ rows: UnsafeBufferPointer<UnsafePointer<Float>>, primary: UnsafeMutablePointer<UInt32>,
    secondary: UnsafeMutablePointer<UInt32>
  ) {
    comparison.forEach(rows) { index, scores in
      let first = Selection.smallest(of: scores.values, count: scores.count)
      primary[index] = UInt32(scores.centroid(first))
      secondary[index] =
        assignsTwice ? UInt32(second(rows[index], first, scores)) : CodeLayout.noRow
    }
  }

  private func second(
    _ row: UnsafePointer<Float>, _ first: Int, _ scores: CentroidComparison.Scores
  ) -> Int {
    let wanted = min(Self.others + 1, scores.centroidCount)
    let found = Selection.smallest(
      wanted, of: scores.values, count: scores.count, slack: Self.slack, into: nearest)
    let firstNumber = scores.centroid(first)
    let dimension = centroids.dimension
    let vector = UnsafeBufferPointer(start: row, count: dimension)
    let center = UnsafeBufferPointer(start: centroids.row(firstNumber), count: dimension)
    let squared = Float(VectorMath.squaredLength(vector))
    // |x − c|² from the score |c|²/2 − ⟨x, c⟩.
    let residual = max(0, 2 * scores.values[first] + squared)
    let product = -VectorMath.score(.dot, vector, center)
    var best = firstNumber
    var bestLoss = Float.infinity
    for index in 0..<found {
      let position = Int(nearest[index])
      if position == first { continue }
      let other = scores.centroid(position)
      let score = scores.values[position]
      let distance = max(0, 2 * score + squared)
      var loss = distance
      if residual > 0 {
        let otherCenter = UnsafeBufferPointer(start: centroids.row(other), count: dimension)
        // ⟨x − c', x − c⟩ = |x|² − ⟨x, c⟩ − ⟨x, c'⟩ + ⟨c', c⟩
        let otherProduct = centroids.halfSquaredLength(other) - score
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

import PointModel

/// Makes one ranking of several. The arithmetic is Qdrant's, in floats of 32 bits; equal scores
/// keep the order in which their points were met, source after source.
struct RankFusion {
  private let method: Fusion

  init(_ method: Fusion) {
    self.method = method
  }

  /// The points of all sources, each once, best first.
  func ranking(of sources: [[Candidate]]) throws(CollectionError) -> [Candidate] {
    switch method {
    case .reciprocalRank(let k, let weights):
      if let weights, weights.count != sources.count {
        throw .wrongInput(
          """
          Validation failed: Number of weights in RRF should match number of pre-fetches: got \
          \(weights.count), expected \(sources.count)
          """)
      }
      let fused = Self.sum(of: sources) { source, _ in
        let weight = weights?[source] ?? 1
        return { place, _ in Self.score(at: place, k: k, weight: weight) }
      }
      return Self.sorted(fused) { $0.score > $1.score }
    case .scoreDistribution:
      let fused = Self.sum(of: sources) { _, points in
        let scale = ScoreScale(points.map(\.score))
        return { _, score in scale.scaled(score) }
      }
      return Self.sorted(fused, by: Self.ranksHigher)
    }
  }

  /// The points of all sources with the sums of their scores, in the order they are met.
  ///
  /// - Parameter scoring: of a source, what a place and a score in it are worth.
  private static func sum(
    of sources: [[Candidate]],
    scoring: (_ source: Int, [Candidate]) -> (_ place: Int, _ score: Float) -> Float
  ) -> [Candidate] {
    var fused: [Candidate] = []
    var places: [UInt32: Int] = [:]
    places.reserveCapacity(sources.first?.count ?? 0)
    for (source, points) in sources.enumerated() {
      let score = scoring(source, points)
      for (place, point) in points.enumerated() {
        let worth = score(place, point.score)
        if let known = places[point.offset] {
          fused[known].score += worth
        } else {
          places[point.offset] = fused.count
          fused.append(point)
          fused[fused.count - 1].score = worth
        }
      }
    }
    return fused
  }

  /// Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet" (SIGIR 2009),
  /// with places that a weight stretches or packs.
  private static func score(at place: Int, k: Int, weight: Float) -> Float {
    guard weight > 0 else { return 0 }
    let score = 1 / (Float(place + 1) / weight + Float(k) - 1)
    return min(score, .greatestFiniteMagnitude)
  }

  /// Points that have a place in an order by payload come before those that have none, the greater
  /// value first.
  private static func ranksHigher(_ left: Candidate, _ right: Candidate) -> Bool {
    switch (left.orderValue, right.orderValue) {
    case (let left?, let right?): left > right
    case (nil, nil): left.score > right.score
    case (let left, _): left != nil
    }
  }

  private static func sorted(
    _ points: [Candidate], by ranksHigher: (Candidate, Candidate) -> Bool
  ) -> [Candidate] {
    let order = points.indices.sorted { left, right in
      if ranksHigher(points[left], points[right]) { return true }
      return left < right && !ranksHigher(points[right], points[left])
    }
    return order.map { points[$0] }
  }
}

/// The scale of the scores of one source: three standard deviations around their mean become 0…1.
private struct ScoreScale {
  private let lowest: Float
  private let highest: Float

  /// Follows Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products"
  /// (1962).
  init(_ scores: [Float]) {
    var mean: Float = 0
    var squares: Float = 0
    for (index, score) in scores.enumerated() {
      let before = score - mean
      mean += before / Float(index + 1)
      squares += before * (score - mean)
    }
    let deviation = scores.count > 1 ? (squares / (Float(scores.count) - 1)).squareRoot() : 0
    lowest = mean - 3 * deviation
    highest = mean + 3 * deviation
  }

  func scaled(_ score: Float) -> Float {
    let scaled = lowest == highest ? 0.5 : (score - lowest) / (highest - lowest)
    return scaled.isFinite ? scaled : 0.5
  }
}

import PointModel
import VectorIndex

/// A weighted sum of the similarities to several vectors, which is one to a single vector, scaled:
/// what an index can be searched with in their place.
struct SimilaritySum {
  /// As ``FieldView/scorer(for:)`` takes it.
  let vector: VectorValue
  private let factor: Double
  private let constant: Double
  /// About how large the numbers are that were added up, which says how far they were rounded.
  private let magnitude: Double

  /// The highest sum of a row whose similarity to ``vector`` is at most `similarity`.
  func bound(_ similarity: Float) -> Float {
    let scaled = factor * Double(similarity)
    return Float(scaled + constant + 1e-6 * (abs(scaled) + magnitude))
  }

  /// Inner products add up to one with the sum of the vectors; Euclidean distances to one to their
  /// centre, if the weights add up to more than 0. `nil` for other metrics, and for weights so
  /// absurd that there is no such vector.
  ///
  /// - Parameter examples: dense vectors, all of one dimension, with as many `weights`.
  init?(_ examples: [VectorValue], weights: [Double], _ metric: Metric) {
    let examples = examples.map(\.denseValues)
    guard let dimension = examples.first?.count else { return nil }
    var sum = [Double](repeating: 0, count: dimension)
    for (vector, weight) in zip(examples, weights) {
      for index in sum.indices { sum[index] += weight * Double(vector[index]) }
    }
    func squared(_ vector: [Float]) -> Double { vector.reduce(0) { $0 + Double($1) * Double($1) } }
    let parts = zip(examples, weights).map { $1 * squared($0) }
    let rounded = parts.reduce(0) { $0 + abs($1) }
    guard sum.allSatisfy(\.isFinite) else { return nil }
    switch metric {
    case .dot:
      vector = .dense(sum.map { Float($0) })
      (factor, constant, magnitude) = (1, 0, rounded)
    case .squaredEuclid:
      let weight = weights.reduce(0, +)
      guard weight > 0 else { return nil }
      let center = sum.map { Float($0 / weight) }
      let own = weight * squared(center)
      vector = .dense(center)
      (factor, constant, magnitude) = (weight, own - parts.reduce(0, +), own + rounded)
    case .manhattan, .cosine: return nil
    }
  }
}

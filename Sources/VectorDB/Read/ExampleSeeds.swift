import PointModel
import VectorIndex

/// What an index is searched with for the rows that score best by examples.
///
/// A score by examples is no distance, but it can't be high far from all of these vectors: the
/// lists of their nearest rows hold the best ones, down to a bound that follows from how far the
/// lists reach (the threshold algorithm of Fagin, Lotem and Naor, "Optimal aggregation algorithms
/// for middleware", 2001).
struct ExampleSeeds {
  /// Searched with, each for a list of its nearest rows.
  let vectors: [VectorValue]
  private let scale: Scale

  private enum Scale {
    /// The nearest of several decides.
    case nearest
    /// One vector's similarity beside a rank, which is at most so high.
    case beside(rank: Int)
    /// Nothing scores better than 0.
    case zero
    /// The score is this multiple of the similarity to the vector, plus a number, but for the
    /// rounding of sums of about this magnitude.
    case linear(factor: Double, constant: Double, magnitude: Double)
  }

  /// The vectors for a rule over `examples`, which the field of `view` prepared; `nil` when the
  /// best rows are not near to any, or not to ones that can be known.
  init?(_ rule: ExampleScorer.Rule, examples: [VectorValue], _ view: any FieldView) {
    switch rule {
    case .bestScore(let positives):
      guard positives > 0 else { return nil }
      vectors = Array(examples[..<positives])
      scale = .nearest
    case .sumScores, .feedback:
      guard let metric = view.metric,
        let sum = Self.sum(examples.map(\.denseValues), rule.weights(examples.count), metric)
      else { return nil }
      (vectors, scale) = ([.dense(sum.vector)], sum.scale)
    case .discover:
      vectors = [examples[0]]
      scale = .beside(rank: examples.count / 2)
    case .context:
      guard !examples.isEmpty else { return nil }
      vectors = stride(from: 0, to: examples.count, by: 2).map { examples[$0] }
      scale = .zero
    }
  }

  /// The highest score of a row that is in none of the lists, when the lowest similarities in them
  /// are `lowest`, in the order of the vectors.
  func bound(_ lowest: [Float]) -> Float {
    switch scale {
    case .nearest: return ExampleScorer.sigmoid(lowest.max() ?? .infinity)
    case .beside(let rank): return Float(rank) + ExampleScorer.sigmoid(lowest[0])
    case .zero: return 0
    case .linear(let factor, let constant, let magnitude):
      let scaled = factor * Double(lowest[0])
      return Float(scaled + constant + 1e-6 * (abs(scaled) + magnitude))
    }
  }

  /// A weighted sum of similarities to several vectors is one to a single vector: inner products to
  /// their sum; Euclidean distances to their centre, if the weights add up to more than 0.
  private static func sum(
    _ examples: [[Float]], _ weights: [Double], _ metric: Metric
  ) -> (vector: [Float], scale: Scale)? {
    guard let dimension = examples.first?.count else { return nil }
    var sum = [Double](repeating: 0, count: dimension)
    for (vector, weight) in zip(examples, weights) {
      for index in sum.indices { sum[index] += weight * Double(vector[index]) }
    }
    func squared(_ vector: [Float]) -> Double { vector.reduce(0) { $0 + Double($1) * Double($1) } }
    let parts = zip(examples, weights).map { $1 * squared($0) }
    let magnitude = parts.reduce(0) { $0 + abs($1) }
    // Absurd weights make no vector to search with.
    guard sum.allSatisfy(\.isFinite) else { return nil }
    switch metric {
    case .dot:
      return (sum.map { Float($0) }, .linear(factor: 1, constant: 0, magnitude: magnitude))
    case .squaredEuclid:
      let weight = weights.reduce(0, +)
      guard weight > 0 else { return nil }
      let center = sum.map { Float($0 / weight) }
      let own = weight * squared(center)
      let constant = own - parts.reduce(0, +)
      return (
        center, .linear(factor: weight, constant: constant, magnitude: own + magnitude)
      )
    case .manhattan, .cosine: return nil
    }
  }
}

extension ExampleScorer.Rule {
  /// What the similarities to so many examples are multiplied by before they are added up.
  fileprivate func weights(_ count: Int) -> [Double] {
    var weights = [Double](repeating: 0, count: count)
    switch self {
    case .sumScores(let positives):
      for index in weights.indices { weights[index] = index < positives ? 1 : -1 }
    case .feedback(let judgements):
      weights[0] = Double(judgements.target)
      for pair in judgements.pairs {
        weights[pair.better] += Double(pair.weight)
        weights[pair.worse] -= Double(pair.weight)
      }
    case .bestScore, .discover, .context: break
    }
    return weights
  }
}

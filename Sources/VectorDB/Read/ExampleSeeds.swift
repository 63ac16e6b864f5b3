import PointModel

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
    /// The score is a sum of similarities, which one vector stands for.
    case sum(SimilaritySum)
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
      guard let sum = view.similaritySum(examples, weights: rule.weights(examples.count))
      else { return nil }
      (vectors, scale) = ([sum.vector], .sum(sum))
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
    case .sum(let sum): return sum.bound(lowest[0])
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

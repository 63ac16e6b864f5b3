import Glibc
import PointModel
import VectorIndex

/// Scores rows by their similarity to several examples; a higher score is better whatever the
/// metric, and is what clients see.
///
/// The similarities are internal scores of the metric. The formulas are Qdrant's: a rank of whole
/// numbers by the context, and `sigmoid`, which squeezes a similarity into 0…1 beside it.
struct ExampleScorer {
  /// How similarities become a score. Examples come in the order in which a query names them.
  enum Rule {
    /// So many positive examples, then negative ones.
    case bestScore(positives: Int)
    case sumScores(positives: Int)
    /// A target, then pairs of a positive and a negative example.
    case discover
    /// Pairs.
    case context
    /// A target, then judged examples.
    case feedback(Judgements)
  }

  /// What judgements of examples weigh.
  struct Judgements {
    /// The weight of the similarity to the target.
    let target: Float
    /// Pairs of examples, counted from the target on, of which the first was judged better.
    let pairs: [(better: Int, worse: Int, weight: Float)]

    /// Every example is paired with all that were judged worse, in Qdrant's order.
    init(_ query: FeedbackQuery) {
      target = query.coefficients.a
      let scores = query.examples.map(\.score)
      var pairs: [(better: Int, worse: Int, weight: Float)] = []
      for better in scores.indices {
        for worse in scores.indices where scores[better] - scores[worse] > 0 {
          let weight = powf(scores[better] - scores[worse], query.coefficients.b)
          pairs.append((better + 1, worse + 1, weight * query.coefficients.c))
        }
      }
      self.pairs = pairs
    }
  }

  let rule: Rule
  let examples: [any Scorer]

  /// A score that no row can surpass, where there is one.
  var highest: Float? {
    if case .context = rule { 0 } else { nil }
  }

  /// The scores of the rows at `offsets`, all of which have the vector.
  func scores(at offsets: [UInt32]) -> [Float] {
    let similarities = examples.map { $0.scores(at: offsets) }
    return offsets.indices.map { row in
      let score = score(similarities.map { $0[row] ?? -.infinity })
      return score.isNaN ? -.infinity : score
    }
  }

  private func score(_ similarities: [Float]) -> Float {
    switch rule {
    case .bestScore(let positives):
      let nearest = similarities[..<positives].max() ?? -.infinity
      let worst = similarities[positives...].max() ?? -.infinity
      return nearest > worst ? Self.sigmoid(nearest) : -Self.sigmoid(worst)
    case .sumScores(let positives):
      return similarities[..<positives].reduce(0, +) - similarities[positives...].reduce(0, +)
    case .discover:
      let rank = pairs(similarities[1...]).reduce(0) { $0 + Self.side(of: $1) }
      return Float(rank) + Self.sigmoid(similarities[0])
    case .context:
      return pairs(similarities[...]).reduce(0) { $0 + Self.loss(of: $1) }
    case .feedback(let judgements):
      return judgements.pairs.reduce(judgements.target * similarities[0]) { score, pair in
        score + pair.weight * (similarities[pair.better] - similarities[pair.worse])
      }
    }
  }

  private func pairs(_ similarities: ArraySlice<Float>) -> [(positive: Float, negative: Float)] {
    stride(from: similarities.startIndex, to: similarities.endIndex, by: 2).map {
      (similarities[$0], similarities[$0 + 1])
    }
  }

  /// 1 on the positive side of a pair, -1 on the negative one, 0 in the middle.
  private static func side(of pair: (positive: Float, negative: Float)) -> Int {
    pair.positive > pair.negative ? 1 : pair.positive < pair.negative ? -1 : 0
  }

  /// 0 on the positive side of a pair, and the lower the farther on the other.
  private static func loss(of pair: (positive: Float, negative: Float)) -> Float {
    fastSigmoid(min(pair.positive - pair.negative - Float.ulpOfOne, 0))
  }

  static func sigmoid(_ value: Float) -> Float { 0.5 * (fastSigmoid(value) + 1) }

  private static func fastSigmoid(_ value: Float) -> Float {
    value.isInfinite ? (value < 0 ? -1 : 1) : value / (1 + abs(value))
  }
}

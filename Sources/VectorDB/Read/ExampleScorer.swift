import PointModel
import VectorIndex

/// Scores rows by their similarity to several examples; a higher score is better whatever the
/// metric, and is what clients see.
///
/// The similarities are internal scores of the metric. The formulas are Qdrant's: a rank of whole
/// numbers by the context, and `sigmoid`, which squeezes a similarity into 0…1 beside it.
struct ExampleScorer {
  enum Rule {
    case bestScore(positive: [[Float]], negative: [[Float]])
    case sumScores(positive: [[Float]], negative: [[Float]])
    case discover(target: [Float], context: [Pair])
    case context([Pair])
  }

  struct Pair {
    let positive: [Float]
    let negative: [Float]
  }

  let rule: Rule
  let metric: Metric

  func score(_ row: UnsafeBufferPointer<Float>) -> Float {
    switch rule {
    case .bestScore(let positive, let negative):
      let nearest = positive.reduce(-Float.infinity) { max($0, similarity($1, row)) }
      let worst = negative.reduce(-Float.infinity) { max($0, similarity($1, row)) }
      return nearest > worst ? Self.sigmoid(nearest) : -Self.sigmoid(worst)
    case .sumScores(let positive, let negative):
      return positive.reduce(0) { $0 + similarity($1, row) }
        - negative.reduce(0) { $0 + similarity($1, row) }
    case .discover(let target, let context):
      let rank = context.reduce(0) { $0 + side(of: $1, row) }
      return Float(rank) + Self.sigmoid(similarity(target, row))
    case .context(let context):
      return context.reduce(0) { $0 + loss(of: $1, row) }
    }
  }

  private func similarity(_ example: [Float], _ row: UnsafeBufferPointer<Float>) -> Float {
    example.withUnsafeBufferPointer { VectorMath.score(metric, $0, row) }
  }

  /// 1 on the positive side of a pair, -1 on the negative one, 0 in the middle.
  private func side(of pair: Pair, _ row: UnsafeBufferPointer<Float>) -> Int {
    let (positive, negative) = (similarity(pair.positive, row), similarity(pair.negative, row))
    return positive > negative ? 1 : positive < negative ? -1 : 0
  }

  /// 0 on the positive side of a pair, and the lower the farther on the other.
  private func loss(of pair: Pair, _ row: UnsafeBufferPointer<Float>) -> Float {
    let difference = similarity(pair.positive, row) - similarity(pair.negative, row)
    return Self.fastSigmoid(min(difference - Float.ulpOfOne, 0))
  }

  private static func sigmoid(_ value: Float) -> Float { 0.5 * (fastSigmoid(value) + 1) }

  private static func fastSigmoid(_ value: Float) -> Float {
    value.isInfinite ? (value < 0 ? -1 : 1) : value / (1 + abs(value))
  }
}

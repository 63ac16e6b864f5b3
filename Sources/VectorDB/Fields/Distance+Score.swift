import PointModel
import VectorIndex

extension Metric {
  /// How rows of `element` are compared where clients see `distance`.
  init(_ distance: Distance, _ element: ElementType) {
    switch distance {
    // Vectors are normalised when written, so the inner product is the cosine; but bytes can't be.
    case .cosine: self = element == .uint8 ? .cosine : .dot
    case .dot: self = .dot
    case .euclid: self = .squaredEuclid
    case .manhattan: self = .manhattan
    }
  }
}

extension Distance {
  /// The score a client sees for an internal score, which is always higher for a nearer point.
  func score(internal score: Float) -> Float {
    // Sums of huge components overflow; JSON has no infinity.
    let greatest = Float.greatestFiniteMagnitude
    let finite = score.isNaN ? 0 : min(max(score, -greatest), greatest)
    return switch self {
    case .cosine, .dot: finite
    case .euclid: max(0, -finite).squareRoot()
    case .manhattan: max(0, -finite)
    }
  }

  /// Whether a client's score is better than a client's threshold; an equal one is not.
  func passes(_ score: Float, threshold: Float) -> Bool {
    higherIsNearer ? score > threshold : score < threshold
  }
}

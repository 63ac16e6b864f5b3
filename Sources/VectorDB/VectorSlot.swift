import PointModel
import VectorIndex

/// One of a collection's vectors: its parameters, its number in keys, and its rows in memory.
struct VectorSlot: Sendable {
  let name: String
  let number: UInt16
  /// Where the vector stands in the collection's list.
  let position: Int
  let size: Int
  let distance: Distance
  let column: DenseColumn
  let indexSlot = IndexSlot()

  var metric: Metric { Metric(distance) }

  /// The elements of a vector that the slot can hold or be searched with.
  ///
  /// - Throws: ``CollectionError`` for a vector of another kind or dimension; `context` says
  ///   where it came from.
  func checked(
    _ value: VectorValue, context: @autoclosure () -> String
  ) throws(CollectionError) -> [Float] {
    switch value {
    case .dense(let values):
      guard values.count == size else {
        throw .wrongDimension(expected: size, got: values.count, context: context())
      }
      return values
    case .sparse: throw .wrongInput("Conversion between sparse and regular vectors failed")
    case .multi: throw .wrongInput("Conversion between multi and regular vectors failed")
    }
  }
}

extension Metric {
  init(_ distance: Distance) {
    switch distance {
    // Vectors are normalised when written, so the inner product is the cosine.
    case .cosine, .dot: self = .dot
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

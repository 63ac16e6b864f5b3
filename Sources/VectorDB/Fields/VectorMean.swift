import PointModel

/// The vector that a recommendation by means searches with.
///
/// Means are taken number by number; several multivectors become one of all their vectors, in
/// which those to be far from are negated.
enum VectorMean {
  /// The mean of `positive`, of which there is at least one, moved away from the mean of `negative`
  /// by as much as it is away from there.
  ///
  /// - Throws: ``CollectionError`` for vectors of several kinds.
  static func target(
    positive: [VectorValue], negative: [VectorValue]
  ) throws(CollectionError) -> VectorValue {
    let mean = try mean(of: positive)
    if negative.isEmpty { return mean }
    switch (mean, try self.mean(of: negative)) {
    case (.dense(let near), .dense(let far)):
      return .dense(zip(near, far).map { $0 + $0 - $1 })
    case (.sparse(let near), .sparse(let far)):
      return .sparse(combined(near, far) { $0 + $0 - $1 })
    case (.multi(let near), .multi(let far)):
      return .multi(
        MultiVector(dimension: near.dimension, values: near.values + far.values.map { -$0 })
          ?? near)
    default:
      throw .badRequest(
        """
        Positive and negative vectors should be of the same type, either all dense or all sparse \
        or all multi
        """)
    }
  }

  private static func mean(of vectors: [VectorValue]) throws(CollectionError) -> VectorValue {
    guard var sum = vectors.first else {
      throw .badRequest("Positive vectors should not be empty with `average` strategy")
    }
    for vector in vectors.dropFirst() {
      switch (sum, vector) {
      case (.dense(var values), .dense(let more)):
        for index in values.indices { values[index] += more[index] }
        sum = .dense(values)
      case (.sparse(let values), .sparse(let more)): sum = .sparse(combined(values, more, +))
      case (.multi(let values), .multi(let more)):
        sum = .multi(
          MultiVector(dimension: values.dimension, values: values.values + more.values) ?? values)
      default: throw .badRequest("Can't average vectors with different types")
      }
    }
    let count = Float(vectors.count)
    switch sum {
    case .dense(let values): return .dense(values.map { $0 / count })
    case .sparse(let sparse):
      let values = sparse.values.map { $0 / count }
      return .sparse(SparseVector(indices: sparse.indices, values: values) ?? sparse)
    case .multi: return sum
    }
  }

  /// Weights made of those of each dimension, where one that is missing is 0.
  private static func combined(
    _ first: SparseVector, _ second: SparseVector, _ combine: (Float, Float) -> Float
  ) -> SparseVector {
    let firsts = Dictionary(uniqueKeysWithValues: zip(first.indices, first.values))
    let seconds = Dictionary(uniqueKeysWithValues: zip(second.indices, second.values))
    let indices = Set(first.indices).union(second.indices).sorted()
    let values = indices.map { combine(firsts[$0] ?? 0, seconds[$0] ?? 0) }
    return SparseVector(indices: indices, values: values) ?? first
  }
}

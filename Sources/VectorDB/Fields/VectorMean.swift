import PointModel

/// The vector that a recommendation by means searches with.
///
/// Means are taken number by number; several multivectors become one of all their vectors, in
/// which those to be far from are negated.
enum VectorMean {
  /// The mean of `positive`, of which there is at least one, moved away from the mean of `negative`
  /// by as much as it is away from there.
  ///
  /// - Parameter flag: looked at on the way.
  /// - Throws: ``CollectionError`` for vectors of several kinds.
  static func target(
    positive: [VectorValue], negative: [VectorValue], _ flag: CancellationFlag
  ) throws(CollectionError) -> VectorValue {
    let mean = try mean(of: positive, flag)
    if negative.isEmpty { return mean }
    switch (mean, try self.mean(of: negative, flag)) {
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

  private static func mean(
    of vectors: [VectorValue], _ flag: CancellationFlag
  ) throws(CollectionError) -> VectorValue {
    guard let first = vectors.first else {
      throw .badRequest("Positive vectors should not be empty with `average` strategy")
    }
    let mixed = CollectionError.badRequest("Can't average vectors with different types")
    let count = Float(vectors.count)
    var pace = WorkPace(flag)
    switch first {
    case .dense(var sum):
      for vector in vectors.dropFirst() {
        guard case .dense(let more) = vector else { throw mixed }
        try pace.step(1 + more.count / elementsPerStep)
        for index in sum.indices { sum[index] += more[index] }
      }
      return .dense(sum.map { $0 / count })
    case .sparse(let first):
      var sums: [UInt32: Float] = [:]
      for vector in vectors {
        guard case .sparse(let more) = vector else { throw mixed }
        try pace.step(1 + more.indices.count)
        for (index, value) in zip(more.indices, more.values) { sums[index, default: 0] += value }
      }
      let indices = sums.keys.sorted()
      let values = indices.map { (sums[$0] ?? 0) / count }
      return .sparse(SparseVector(indices: indices, values: values) ?? first)
    case .multi(let first):
      var values: [Float] = []
      for vector in vectors {
        guard case .multi(let more) = vector else { throw mixed }
        try pace.step(1 + more.values.count / elementsPerStep)
        values += more.values
      }
      return .multi(MultiVector(dimension: first.dimension, values: values) ?? first)
    }
  }

  /// Elements that are added up in the time of a cheap step.
  private static let elementsPerStep = 16

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

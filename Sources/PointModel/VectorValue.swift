/// One vector as a client writes it, reads it or searches with it.
public enum VectorValue: Sendable, Equatable {
  /// One number for each dimension, at least one.
  case dense([Float])
  /// Weights of a few of very many dimensions.
  case sparse(SparseVector)
  /// Several dense vectors of one dimension, as of the tokens of a text.
  case multi(MultiVector)

  /// How many vectors it is made of: those of a multivector, else one.
  public var vectorCount: Int {
    if case .multi(let vector) = self { vector.count } else { 1 }
  }

  /// Bytes of its numbers in memory: 4 for each element or weight, and 4 for each index.
  public var byteCount: Int {
    switch self {
    case .dense(let values): 4 * values.count
    case .sparse(let vector): 8 * vector.values.count
    case .multi(let vector): 4 * vector.values.count
    }
  }

  /// Whether none of its numbers is infinite or no number.
  public var isFinite: Bool {
    switch self {
    case .dense(let values): Self.areFinite(values)
    case .sparse(let vector): Self.areFinite(vector.values)
    case .multi(let vector): Self.areFinite(vector.values)
    }
  }

  /// The greatest exponent tells: without a branch, many are looked at at once.
  private static func areFinite(_ values: [Float]) -> Bool {
    let exponents = Float.infinity.bitPattern
    var greatest: UInt32 = 0
    for value in values { greatest = max(greatest, value.bitPattern & exponents) }
    return greatest != exponents
  }
}

/// Weights by dimension; all dimensions that are not named weigh nothing.
public struct SparseVector: Sendable, Equatable {
  /// The dimensions, each once, in the order they were given in.
  public let indices: [UInt32]
  /// The weight of each of ``indices``.
  public let values: [Float]

  /// `nil` unless there is a weight for every index and no index is there twice.
  public init?(indices: [UInt32], values: [Float]) {
    guard indices.count == values.count,
      Self.ascend(indices) || Set(indices).count == indices.count
    else { return nil }
    self.indices = indices
    self.values = values
  }

  /// A vector whose `indices` ascend, none of them twice, with as many weights.
  public init(ascending indices: [UInt32], _ values: [Float]) {
    self.indices = indices
    self.values = values
  }

  /// The same vector with its indices in ascending order.
  public func sorted() -> SparseVector {
    if Self.ascend(indices) { return self }
    let order = indices.indices.sorted { indices[$0] < indices[$1] }
    return SparseVector(ascending: order.map { indices[$0] }, order.map { values[$0] })
  }

  private static func ascend(_ indices: [UInt32]) -> Bool {
    zip(indices, indices.dropFirst()).allSatisfy { $0 < $1 }
  }
}

/// Dense vectors side by side.
public struct MultiVector: Sendable, Equatable {
  /// Elements of each vector, at least one.
  public let dimension: Int
  /// One vector after the other: a multiple of ``dimension`` elements, at least one vector.
  public let values: [Float]

  /// How many vectors there are.
  public var count: Int { values.count / dimension }

  /// `nil` unless `values` are one or more whole vectors.
  public init?(dimension: Int, values: [Float]) {
    guard dimension > 0, !values.isEmpty, values.count.isMultiple(of: dimension) else { return nil }
    self.dimension = dimension
    self.values = values
  }

  /// The elements of each vector, in their order.
  public var vectors: [ArraySlice<Float>] {
    stride(from: 0, to: values.count, by: dimension).map { values[$0..<$0 + dimension] }
  }
}

public import RowSets

/// One query of a batch.
public struct SearchQuery: Sendable {
  /// `d` floats, normalised if the column's vectors are.
  public var vector: [Float]
  /// How many neighbours are wanted at most.
  public var limit: Int
  /// The lowest internal score (higher is better) that a neighbour may have, itself included.
  public var minimumScore: Float?
  /// Only these offsets may be returned; `nil` allows all.
  public var allowed: RowMask?

  /// The `limit` best rows for `vector`.
  public init(
    vector: [Float], limit: Int, minimumScore: Float? = nil, allowed: RowMask? = nil
  ) {
    self.vector = vector
    self.limit = limit
    self.minimumScore = minimumScore
    self.allowed = allowed
  }
}

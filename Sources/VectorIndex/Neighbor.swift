/// A search hit: the row's offset and its score.
public struct Neighbor: Sendable, Equatable {
  /// The row's dense offset in its column.
  public let offset: UInt32
  /// The internal score of ``Metric``: higher is better.
  public let score: Float

  /// A hit at `offset` with the internal score `score`.
  public init(offset: UInt32, score: Float) {
    self.offset = offset
    self.score = score
  }

  /// The order of results, strict and total: better scores first, equal scores by lower offset.
  @inlinable
  public func ranks(before other: Neighbor) -> Bool {
    score > other.score || (score == other.score && offset < other.offset)
  }
}

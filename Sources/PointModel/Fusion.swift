/// How the rankings of several queries become one.
public enum Fusion: Sendable, Equatable {
  /// Reciprocal rank fusion: a point scores by its places alone. A source's weight is how many of
  /// its places count as one; `nil` stands for 1 each.
  case reciprocalRank(k: Int = 2, weights: [Float]? = nil)
  /// Distribution-based score fusion: the scores of each source are scaled by their mean and
  /// deviation, and added up.
  case scoreDistribution
}

/// Vectors to be near to and vectors to be far from.
public struct RecommendQuery: Sendable, Equatable {
  /// How the similarities to several examples become one score.
  public enum Strategy: Sendable, Equatable {
    /// A search with the mean of the positive examples, moved away from the mean of the negative.
    case averageVector
    /// The similarity to the nearest example, negated when that is a negative one.
    case bestScore
    /// The sum of the similarities to positive examples less that to negative ones.
    case sumScores
  }

  public var positive: [QueryVector]
  public var negative: [QueryVector]
  public var strategy: Strategy

  public init(
    positive: [QueryVector], negative: [QueryVector] = [], strategy: Strategy = .averageVector
  ) {
    self.positive = positive
    self.negative = negative
    self.strategy = strategy
  }
}

/// Two examples, the first of which results should be nearer to.
public struct ContextPair: Sendable, Equatable {
  public var positive: QueryVector
  public var negative: QueryVector

  public init(positive: QueryVector, negative: QueryVector) {
    self.positive = positive
    self.negative = negative
  }
}

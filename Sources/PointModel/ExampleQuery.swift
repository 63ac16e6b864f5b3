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

  /// What points should be like.
  public var positive: [QueryVector]
  /// What points should be unlike.
  public var negative: [QueryVector]
  /// How similarities become a score.
  public var strategy: Strategy

  /// A recommendation by examples.
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
  /// What points should be nearer to.
  public var positive: QueryVector
  /// What they should be farther from.
  public var negative: QueryVector

  /// A pair of examples.
  public init(positive: QueryVector, negative: QueryVector) {
    self.positive = positive
    self.negative = negative
  }
}

/// A target, and points or vectors that were judged by how well they answer it.
public struct FeedbackQuery: Sendable, Equatable {
  /// One judgement.
  public struct Example: Sendable, Equatable {
    /// The example.
    public var vector: QueryVector
    /// Higher for a better answer.
    public var score: Float

    /// An example that was judged.
    public init(_ vector: QueryVector, score: Float) {
      self.vector = vector
      self.score = score
    }
  }

  /// How judgements move the score: `a` times the similarity to the target, and for every pair of
  /// examples of which one is better by `d`, `c` times `d` to the power of `b` times how much more
  /// like the better one a point is.
  public struct Coefficients: Sendable, Equatable {
    /// What the similarity to the target weighs.
    public var a: Float
    /// At least 0.
    public var b: Float
    /// What pairs of examples weigh.
    public var c: Float

    /// Weights of a formula of feedback.
    public init(a: Float, b: Float, c: Float) {
      self.a = a
      self.b = b
      self.c = c
    }
  }

  /// What is searched for.
  public var target: QueryVector
  /// At least one.
  public var examples: [Example]
  /// What target and judgements weigh.
  public var coefficients: Coefficients

  /// A search that judgements steer.
  public init(target: QueryVector, examples: [Example], coefficients: Coefficients) {
    self.target = target
    self.examples = examples
    self.coefficients = coefficients
  }
}

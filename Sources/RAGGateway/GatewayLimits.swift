/// Bounds on everything a caller or a provider can make large.
public struct GatewayLimits: Sendable {
  /// Bytes of a request's body.
  public var bodyBytes = 8 << 20
  /// Chunks in one upload.
  public var chunksPerUpload = 1_000
  /// Characters of a question.
  public var questionCharacters = 8_000
  /// Requests worked on at a time; those beyond are answered with 503.
  public var requestsInFlight = 128
  /// Chunks that are embedded and written in one step of an upload.
  public var chunksPerStep = 64
  /// Characters of context that a language model is given, about four to a token.
  public var contextCharacters = 24_000
  /// Sentences that the extractive generator compares with a question.
  public var candidateSentences = 64
  /// Bytes of sentence vectors that the extractive generator keeps for the next questions.
  public var sentenceVectorBytes = 16 << 20
  /// Bytes of an answer of a provider or the store.
  public var replyBytes = 64 << 20
  /// How long a readiness verdict is kept.
  public var readinessAge = Duration.seconds(5)
  /// How long an idle connection is kept open.
  public var idleConnection = Duration.seconds(75)

  /// The defaults.
  public init() {}
}

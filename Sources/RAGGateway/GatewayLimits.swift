package import HTTPConnections

/// Bounds on everything a caller or a provider can make large.
public struct GatewayLimits: Sendable {
  /// Bytes of a request's body.
  public var bodyBytes = 8 << 20
  /// Bytes of a body that brings files.
  public var fileBytes = DocumentReader.sourceBytesMax + (1 << 20)
  /// Requests that bring files, worked on at a time: each may hold so many bytes.
  public var filesInFlight = 4
  /// Chunks in one upload.
  public var chunksPerUpload = 1_000
  /// Characters of a question.
  public var questionCharacters = 8_000
  /// Requests worked on at a time, from when their body has arrived; those beyond are answered
  /// with 503.
  public var requestsInFlight = 128
  /// Bytes of bodies that have not arrived as a whole, all together; the first 64 KiB of each do
  /// not count.
  public var arrivingBytes = 256 << 20
  /// Chunks that are embedded and written in one step of an upload.
  public var chunksPerStep = 64
  /// Points in one write to the store: long chunks have many.
  public var pointsPerWrite = 128
  /// Points in one page of a listing that is read to its end.
  public var pointsPerPage = 1_000
  /// Documents in one page of a listing, at most.
  public var documentsListed = 10_000
  /// Documents of all pages together.
  public var documentsCounted = 500_000
  /// Chunks in one page of a listing, at most.
  public var chunksListed = 1_000
  /// Chunks that a question may ask for.
  public var retrieved = 100
  /// Turns of a conversation, and their characters together.
  public var historyTurns = 40
  /// Characters of a conversation.
  public var historyCharacters = 32_000
  /// Time that one request has for all that is done for its sake, from when its body has arrived.
  public var requestTime = Duration.seconds(120)
  /// Requests that a key may make in a minute; 0 sets no bound.
  public var requestsPerMinute = 0
  /// Bytes of a body beyond the limit that are read so that its sender gets the answer.
  public var drainedBytes = 256 << 20
  /// How often a stream that has nothing to say shows that it lives.
  public var heartbeat = Duration.seconds(5)
  /// Answers that are streamed at a time.
  public var streams = 256
  /// Answers kept for requests that are sent again under the same key.
  public var idempotencyKeys = 1_000
  /// How long such an answer is kept.
  public var idempotencyAge = Duration.seconds(24 * 3_600)
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
  /// What clients may take for the rest, as at the server.
  package var connection: ConnectionLimits = .init()

  /// The defaults.
  public init() {}
}

public import Logging
public import PointModel

/// Everything a gateway is made of; tests put their own parts in.
public struct GatewayServices: Sendable {
  /// Makes the vectors.
  public var embedder: any Embedder
  /// Keeps the chunks.
  public var store: any VectorStore
  /// Writes the answers.
  public var generator: any AnswerGenerator
  /// The distance of a collection that has to be made.
  public var distance: Distance
  /// Chunks retrieved for a question.
  public var retrieved: Int
  /// Least similarity of a retrieved chunk; `nil` leaves it to the embedding model.
  public var threshold: Float?
  /// Bounds on requests and replies.
  public var limits: GatewayLimits
  /// Where failures are logged.
  public var logger: Logger

  /// The parts, with defaults for the rest.
  public init(
    embedder: any Embedder, store: any VectorStore, generator: any AnswerGenerator,
    distance: Distance = .cosine, retrieved: Int = 5, threshold: Float? = nil,
    limits: GatewayLimits = .init(), logger: Logger
  ) {
    self.embedder = embedder
    self.store = store
    self.generator = generator
    self.distance = distance
    self.retrieved = retrieved
    self.threshold = threshold
    self.limits = limits
    self.logger = logger
  }
}

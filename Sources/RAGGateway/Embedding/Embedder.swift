/// Turns texts into vectors whose nearness is nearness of meaning.
public protocol Embedder: Sendable {
  /// Which model makes the vectors. May ask the provider once to learn the dimension.
  func identity() async throws(GatewayError) -> EmbeddingIdentity

  /// The least similarity at which a passage has something to do with a question: a property of
  /// the model, since every model has its own scale.
  var similarityThreshold: Float { get }

  /// The vectors of `texts`, in their order: `texts.count` × dimension.
  func embed(_ texts: [String]) async throws(GatewayError) -> [[Float]]

  /// Throws when the embedder can't work at the moment; makes no vectors.
  func checkReadiness() async throws(GatewayError)
}

/// The least similarity that means something, by embedding model.
enum SimilarityThreshold {
  /// Measured for all-MiniLM-L6-v2: questions with an answer score 0.38 and more, questions
  /// without one at most 0.25. The other models' scales are their makers' common practice.
  static func standard(forModel model: String) -> Float {
    let name = (model.split(separator: "/").last.map(String.init) ?? model).lowercased()
    if name.hasPrefix("text-embedding-ada") { return 0.75 }
    if name.contains("e5-") { return 0.75 }
    return 0.30
  }
}

/// Which model made a vector. Vectors of different identities can't be compared.
public struct EmbeddingIdentity: Sendable, Equatable {
  /// `local` or `openai`.
  public let provider: String
  /// The model's name as its provider knows it.
  public let model: String
  /// Components of a vector.
  public let dimension: Int

  /// An identity.
  public init(provider: String, model: String, dimension: Int) {
    self.provider = provider
    self.model = model
    self.dimension = dimension
  }
}

extension EmbeddingIdentity: CustomStringConvertible {
  /// As in "local/all-MiniLM-L6-v2 (384)".
  public var description: String { "\(provider)/\(model) (\(dimension))" }
}

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

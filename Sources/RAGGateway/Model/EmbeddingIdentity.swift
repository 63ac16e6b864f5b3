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

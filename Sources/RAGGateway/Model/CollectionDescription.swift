public import PointModel

/// What the gateway has to know of a collection before it may use it.
public struct CollectionDescription: Sendable, Equatable {
  /// Components of the unnamed vector; `nil` when the collection has none.
  public var dimension: Int?
  /// Distance of the unnamed vector.
  public var distance: Distance?
  /// The model that filled the collection, when the collection says so.
  public var embedding: EmbeddingIdentity?

  /// A description.
  public init(dimension: Int?, distance: Distance?, embedding: EmbeddingIdentity?) {
    self.dimension = dimension
    self.distance = distance
    self.embedding = embedding
  }
}

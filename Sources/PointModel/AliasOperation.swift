/// A further name of a collection, by which it is found like by its own.
public struct Alias: Sendable, Equatable {
  /// The other name.
  public var name: String
  /// The collection's own name.
  public var collection: String

  /// The name `name` for a collection.
  public init(name: String, collection: String) {
    self.name = name
    self.collection = collection
  }
}

/// A change of the aliases; several are applied in their order, all of them or none.
public enum AliasOperation: Sendable, Equatable {
  /// Makes the alias lead to the collection, wherever it led before.
  case create(Alias)
  /// Removes the alias; there need not be one.
  case delete(String)
  /// Gives an alias that exists another name.
  case rename(from: String, to: String)
}

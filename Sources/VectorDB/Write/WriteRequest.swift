import PointModel

/// A change waiting for the committer, with the caller that waits for its outcome.
enum WriteRequest: Sendable {
  typealias Completion<Value> = @Sendable (Result<Value, CollectionError>) -> Void

  /// Changes to points: all of them or none. Answered with the operations' numbers.
  case apply(PointCollection, [Operation], Completion<[UInt64]>)
  case createCollection(String, CollectionConfig, Completion<Void>)
  case updateCollection(String, CollectionConfigChange, Completion<Void>)
  case deleteCollection(String, Completion<Bool>)
}

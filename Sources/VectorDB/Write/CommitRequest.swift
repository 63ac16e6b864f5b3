import PointModel

/// What the committer is asked to do, with the caller that waits for its outcome.
enum CommitRequest: Sendable {
  typealias Completion<Value> = @Sendable (Result<Value, CollectionError>) -> Void

  /// The staged changes of one collection; at most one of a collection is on its way.
  case changes(StagedChanges)
  case createCollection(String, CollectionConfig, Completion<Void>)
  case updateCollection(String, CollectionConfigChange, Completion<Void>)
  case deleteCollection(String, Completion<Bool>)
  /// How a payload field is indexed from now on; `nil` for not any more.
  case changePayloadSchema(String, PayloadPath, PayloadFieldSchema?, Completion<UInt64>)
  /// Takes a collection number for rows that are written before their collection exists.
  case reserveNumber(Completion<UInt32>)
  /// Publishes a collection whose rows are written and loaded. Answered with the one it replaces.
  case replaceCollection(PointCollection, Completion<PointCollection?>)
}

/// Changes to points, all of them or none, waiting to be staged. Answered with the operations'
/// numbers.
struct PointsRequest: Sendable {
  let operations: [Operation]
  let completion: CommitRequest.Completion<[UInt64]>
}

import PointModel

/// What the committer is asked to do, with the caller that waits for its outcome.
enum CommitRequest: Sendable {
  typealias Completion<Value> = @Sendable (Result<Value, CollectionError>) -> Void

  /// Planned changes of one collection; at most one of a collection is on its way.
  case changes(PlannedWrite)
  case createCollection(String, CollectionConfig, Completion<Void>)
  case updateCollection(String, CollectionConfigChange, Completion<Void>)
  case deleteCollection(String, Completion<Bool>)
  /// Changes of aliases, all of them or none.
  case changeAliases([AliasOperation], Completion<Void>)
  /// How a payload field is indexed from now on; `nil` for not any more.
  case changePayloadSchema(String, PayloadPath, PayloadFieldSchema?, Completion<UInt64>)
  /// Takes a collection number for rows that are written before their collection exists.
  case reserveNumber(Completion<UInt32>)
  /// Publishes a collection whose rows are written and loaded. Answered with the one it replaces.
  case replaceCollection(PointCollection, Completion<PointCollection?>)
}

/// Changes to points that wait to be staged, with the caller that waits for their numbers.
struct PointsRequest: Sendable {
  enum Change: Sendable {
    /// All of them or none, but for what ``LongUpdate`` says.
    case operations([Operation])
    /// Takes the points out of the rows where they are still there, and puts them unchanged into
    /// new rows. A replica asks this of itself: rows are its own affair.
    case relocation([PointID], rows: Range<UInt32>)
  }

  let change: Change
  /// Set when nobody waits any more.
  let flag: CancellationFlag
  let completion: CommitRequest.Completion<[UInt64]>
}

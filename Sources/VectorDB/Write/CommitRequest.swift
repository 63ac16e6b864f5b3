import PointModel

/// What the committer is asked to do, with the caller that waits for its outcome.
enum CommitRequest: Sendable {
  typealias Completion<Value> = @Sendable (Result<Value, CollectionError>) -> Void

  /// Planned changes of one collection's points; at most one of a collection is on its way.
  case points(PlannedWrite)
  /// A change of the catalogue. It is planned when its turn comes, on top of all before it.
  case catalog(CatalogRequest)
}

/// Who a change comes from, which decides what it is in the log.
package enum ChangeOrigin: Sendable {
  /// Somebody asked this database for it: it is part of the log's next entry.
  case caller
  /// The database asks it of itself, and nobody else needs to hear of it.
  case itself
  /// An entry of the log of another database; the last change of the entry has its number.
  case entry(UInt64?)

  /// Whether somebody asked for it.
  package var isCaller: Bool { if case .caller = self { true } else { false } }
}

/// A change of the catalogue, with the caller that waits for its outcome.
struct CatalogRequest: Sendable {
  enum Change: Sendable {
    /// What says itself all there is to do.
    case change(CatalogChange)
    /// Changes parts of a collection's configuration.
    case update(collection: String, CollectionConfigChange)
    /// Takes a collection number for rows that are written before their collection exists.
    case reserveNumber
    /// Publishes a collection whose rows, those of the snapshot with this checksum, are written and
    /// loaded.
    case replace(PointCollection, checksum: String)
    /// Changes nothing: only the number of the entry is noted.
    case nothing
  }

  let change: Change
  let origin: ChangeOrigin
  /// The trace that it belongs to.
  var trace: StageTrace?
  let completion: CommitRequest.Completion<CatalogAnswer>
}

/// What there is to say of a change of the catalogue.
struct CatalogAnswer: Sendable {
  /// The number of the operation that it counts as, or that was taken.
  var number: UInt64 = 0
  /// The collection that is there no more, if there was one.
  var removed: PointCollection?
}

/// Changes to points that wait to be staged, with the caller that waits for their numbers.
struct PointsRequest: Sendable {
  enum Change: Sendable {
    /// All of them or none, but for what ``LongUpdate`` says. Their vectors are prepared for these
    /// fields; `nil` where whoever stages them has to.
    case operations([Operation], FieldSet?)
    /// Takes the points out of the rows where they are still there, and puts them unchanged into
    /// new rows. A replica asks this of itself: rows are its own affair.
    case relocation([PointID], rows: Range<UInt32>)
    /// What an entry of another database's log says of them; its number with its last change.
    case logged(LoggedPoints, number: UInt64?)

    /// Whether it comes from a log.
    var isLogged: Bool { if case .logged = self { true } else { false } }
  }

  let change: Change
  /// Set when nobody waits any more.
  let flag: CancellationFlag
  /// The trace that it belongs to, and when it began to wait.
  var trace = StageTrace.current.map { (place: $0, queuedAt: StageTrace.now) }
  let completion: CommitRequest.Completion<[UInt64]>
}

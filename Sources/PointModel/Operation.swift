/// A change to a collection's points: a deterministic value that says all there is to do.
public enum Operation: Sendable, Equatable {
  /// Inserts or replaces whole points; a later point of the same id wins.
  case upsert([Point], condition: UpsertCondition = .always)
  case delete(PointSelector)
  /// Merges `payload` into the payload of the points, at `key` when given.
  case setPayload(Payload, PointSelector, key: PayloadPath?)
  /// Replaces the payload of the points.
  case overwritePayload(Payload, PointSelector)
  case deletePayload(keys: [PayloadPath], PointSelector)
  case clearPayload(PointSelector)
  case updateVectors([PointVectors])
  case deleteVectors(names: [String], PointSelector)
  /// Takes the points out of the rows `rows` where they are still there, and puts them unchanged
  /// into new rows. A database asks this of itself; clients have no use for it.
  case relocate([PointID], rows: Range<UInt32>)
}

/// When an upsert applies to a point.
public enum UpsertCondition: Sendable, Equatable {
  case always
  /// Only to ids that do not exist yet.
  case insertOnly
  /// Only to ids that exist already.
  case updateOnly
}

/// Which points an operation applies to.
public enum PointSelector: Sendable, Equatable {
  case ids([PointID])
  case filter(Filter)
}

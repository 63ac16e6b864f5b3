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
  /// Replaces vectors of the points; those that exist and do not pass `filter` stay as they are.
  case updateVectors([PointVectors], filter: Filter? = nil)
  case deleteVectors(names: [String], PointSelector)

  /// Which points it changes; `nil` for an operation that brings its points along.
  public var selector: PointSelector? {
    switch self {
    case .upsert, .updateVectors: nil
    case .delete(let selector), .setPayload(_, let selector, _),
      .overwritePayload(_, let selector), .deletePayload(_, let selector),
      .clearPayload(let selector), .deleteVectors(_, let selector):
      selector
    }
  }
}

/// Which points of an upsert are written.
public struct UpsertCondition: Sendable, Equatable {
  /// Which points an upsert may touch.
  public enum Mode: Sendable, Equatable {
    case upsert
    /// Only ids that do not exist yet, whatever the filter.
    case insertOnly
    /// Only ids that exist already.
    case updateOnly
  }

  /// Whether new points, existing ones or both are written.
  public var mode: Mode
  /// What the stored point must pass to be replaced; `nil` replaces any.
  public var filter: Filter?

  /// A condition on an upsert.
  public init(_ mode: Mode = .upsert, filter: Filter? = nil) {
    self.mode = mode
    self.filter = filter
  }

  /// No condition.
  public static let always = UpsertCondition()
  /// Existing points stay as they are.
  public static let insertOnly = UpsertCondition(.insertOnly)
  /// Points that do not exist are not made.
  public static let updateOnly = UpsertCondition(.updateOnly)
}

/// Which points an operation applies to.
public enum PointSelector: Sendable, Equatable {
  case ids([PointID])
  case filter(Filter)
}

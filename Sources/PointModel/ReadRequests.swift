/// Points asked for by id.
public struct RetrieveRequest: Sendable, Equatable {
  /// The points, in the order of the answer.
  public var ids: [PointID]
  /// Which parts of payloads are returned.
  public var withPayload: PayloadSelector
  /// Which vectors are returned.
  public var withVector: VectorSelector

  /// A request for points by id.
  public init(
    ids: [PointID], withPayload: PayloadSelector = .all, withVector: VectorSelector = .none
  ) {
    self.ids = ids
    self.withPayload = withPayload
    self.withVector = withVector
  }
}

/// A count of the points that pass a filter.
public struct CountRequest: Sendable, Equatable {
  /// What the points must pass; `nil` counts all.
  public var filter: Filter?
  /// Whether an estimate will not do.
  public var exact: Bool

  /// A request for a count.
  public init(filter: Filter? = nil, exact: Bool = true) {
    self.filter = filter
    self.exact = exact
  }
}

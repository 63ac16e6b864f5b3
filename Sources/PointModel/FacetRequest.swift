/// A count of points for each value at a key of their payloads, which needs an index for matches.
public struct FacetRequest: Sendable, Equatable {
  public var key: PayloadPath
  /// Values at most, at least 1.
  public var limit: Int
  public var filter: Filter?
  /// Whether an estimate will not do.
  public var exact: Bool

  public init(key: PayloadPath, limit: Int = 10, filter: Filter? = nil, exact: Bool = false) {
    self.key = key
    self.limit = limit
    self.filter = filter
    self.exact = exact
  }
}

/// A value and the number of points that have it; the most frequent come first.
public struct FacetHit: Sendable, Equatable {
  public var value: MatchValue
  public var count: Int

  public init(value: MatchValue, count: Int) {
    self.value = value
    self.count = count
  }
}

/// A count of points for each value at a key of their payloads, which needs an index for matches.
public struct FacetRequest: Sendable, Equatable {
  /// The field whose values are counted.
  public var key: PayloadPath
  /// Values at most, at least 1, if the caller says; a bound on limits does not concern others.
  public var statedLimit: Int?
  /// Only points that pass are counted.
  public var filter: Filter?
  /// Whether an estimate will not do.
  public var exact: Bool

  /// A request for the most frequent values of a field.
  public init(key: PayloadPath, limit: Int? = nil, filter: Filter? = nil, exact: Bool = false) {
    self.key = key
    statedLimit = limit
    self.filter = filter
    self.exact = exact
  }

  /// Values at most: 10 unless the caller says.
  public var limit: Int {
    get { statedLimit ?? 10 }
    set { statedLimit = newValue }
  }
}

/// A value and the number of points that have it; the most frequent come first.
public struct FacetHit: Sendable, Equatable {
  /// The value.
  public var value: MatchValue
  /// How many points have it.
  public var count: Int

  /// A value and its count.
  public init(value: MatchValue, count: Int) {
    self.value = value
    self.count = count
  }
}

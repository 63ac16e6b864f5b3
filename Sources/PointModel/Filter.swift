/// A predicate over points: all of `must`, at least one of `should`, none of `mustNot`, and at
/// least `minShould.minimum` of `minShould.conditions`. Empty parts place no demand.
public struct Filter: Sendable, Equatable {
  public var must: [Condition]
  public var should: [Condition]
  public var mustNot: [Condition]
  public var minShould: MinShould?

  public init(
    must: [Condition] = [], should: [Condition] = [], mustNot: [Condition] = [],
    minShould: MinShould? = nil
  ) {
    self.must = must
    self.should = should
    self.mustNot = mustNot
    self.minShould = minShould
  }

  /// Whether every point passes.
  public var isEmpty: Bool {
    must.isEmpty && should.isEmpty && mustNot.isEmpty && minShould == nil
  }

  /// A list of conditions and how many of them must hold.
  public struct MinShould: Sendable, Equatable {
    public var conditions: [Condition]
    public var minimum: Int

    public init(conditions: [Condition], minimum: Int) {
      self.conditions = conditions
      self.minimum = minimum
    }
  }
}

/// One clause of a ``Filter``.
public indirect enum Condition: Sendable, Equatable {
  /// Some value at `key` equals, is among or is not among given values.
  case match(key: PayloadPath, MatchCondition)
  /// Some number at `key` lies within bounds.
  case range(key: PayloadPath, RangeCondition)
  /// The value at `key` is missing, `null` or `[]`.
  case isEmpty(key: PayloadPath)
  /// The value at `key` is `null`.
  case isNull(key: PayloadPath)
  /// The point's id is among these.
  case hasID(Set<PointID>)
  /// The point has a vector of this name (empty for the unnamed one).
  case hasVector(String)
  /// A filter within a filter.
  case filter(Filter)
  /// The clause does not hold.
  case not(Condition)
}

/// A scalar that a `match` compares with.
public enum MatchValue: Sendable, Hashable {
  case string(String)
  case integer(Int64)
  case bool(Bool)
}

/// What a `match` demands of at least one value at its key.
public enum MatchCondition: Sendable, Equatable {
  case value(MatchValue)
  case any(Set<MatchValue>)
  case except(Set<MatchValue>)
}

/// Bounds on a number; absent bounds place no demand.
public struct RangeCondition: Sendable, Equatable {
  public var lessThan: Double?
  public var lessThanOrEqual: Double?
  public var greaterThan: Double?
  public var greaterThanOrEqual: Double?

  public init(
    lessThan: Double? = nil, lessThanOrEqual: Double? = nil, greaterThan: Double? = nil,
    greaterThanOrEqual: Double? = nil
  ) {
    self.lessThan = lessThan
    self.lessThanOrEqual = lessThanOrEqual
    self.greaterThan = greaterThan
    self.greaterThanOrEqual = greaterThanOrEqual
  }

  /// Whether `number` lies within all bounds.
  public func contains(_ number: Double) -> Bool {
    if let lessThan, !(number < lessThan) { return false }
    if let lessThanOrEqual, !(number <= lessThanOrEqual) { return false }
    if let greaterThan, !(number > greaterThan) { return false }
    if let greaterThanOrEqual, !(number >= greaterThanOrEqual) { return false }
    return true
  }
}

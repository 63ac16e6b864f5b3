/// A predicate over points: all of `must`, at least one of `should`, none of `mustNot`, and at
/// least `minShould.minimum` of `minShould.conditions`. Empty parts place no demand.
public struct Filter: Sendable, Equatable {
  /// All of these must hold.
  public var must: [Condition]
  /// At least one of these must hold, if there are any.
  public var should: [Condition]
  /// None of these may hold.
  public var mustNot: [Condition]
  /// So many of these must hold.
  public var minShould: MinShould?

  /// A filter of conditions.
  public init(
    must: [Condition] = [], should: [Condition] = [], mustNot: [Condition] = [],
    minShould: MinShould? = nil
  ) {
    self.must = must
    self.should = should
    self.mustNot = mustNot
    self.minShould = minShould
  }

  /// The conditions of both, part by part: so one of `should` of either is enough, as in Qdrant,
  /// and of `minShould` the greater minimum of all.
  public func merged(with other: Filter) -> Filter {
    var merged = Filter(
      must: must + other.must, should: should + other.should, mustNot: mustNot + other.mustNot,
      minShould: minShould ?? other.minShould)
    if let own = minShould, let others = other.minShould {
      merged.minShould = MinShould(
        conditions: own.conditions + others.conditions, minimum: max(own.minimum, others.minimum))
    }
    return merged
  }

  /// Whether every point passes.
  public var isEmpty: Bool {
    must.isEmpty && should.isEmpty && mustNot.isEmpty && minShould == nil
  }

  /// A list of conditions and how many of them must hold.
  public struct MinShould: Sendable, Equatable {
    /// The conditions, in the order of the request.
    public var conditions: [Condition]
    /// How many of them must hold.
    public var minimum: Int

    /// Conditions of which so many must hold.
    public init(conditions: [Condition], minimum: Int) {
      self.conditions = conditions
      self.minimum = minimum
    }
  }
}

/// One clause of a ``Filter``.
public indirect enum Condition: Sendable, Equatable {
  /// Some value at `key` equals, is among or is not among given values, or its text holds words.
  case match(key: PayloadPath, MatchCondition)
  /// Some number at `key` lies within bounds.
  case range(key: PayloadPath, RangeCondition)
  /// Some string at `key` is a moment within bounds.
  case datetimeRange(key: PayloadPath, DatetimeRange)
  /// Some place at `key` lies within a rectangle.
  case geoBoundingBox(key: PayloadPath, GeoBoundingBox)
  /// Some place at `key` lies within a circle.
  case geoRadius(key: PayloadPath, GeoRadius)
  /// Some place at `key` lies within a polygon.
  case geoPolygon(key: PayloadPath, GeoPolygon)
  /// The number of values at `key` lies within bounds.
  case valuesCount(key: PayloadPath, ValuesCount)
  /// There is no value at `key`, or none but `null` and `[]`.
  case isEmpty(key: PayloadPath)
  /// Some value at `key` is `null`, or an array that holds one.
  case isNull(key: PayloadPath)
  /// The point's id is among these.
  case hasID(Set<PointID>)
  /// The point has a vector of this name (empty for the unnamed one).
  case hasVector(String)
  /// The point's id falls into one part of a partition of all ids.
  case slice(PointSlice)
  /// Some object of the array at `key` passes a filter, whose keys start at that object.
  case nested(key: PayloadPath, Filter)
  /// A filter within a filter.
  case filter(Filter)
  /// The clause does not hold.
  case not(Condition)
}

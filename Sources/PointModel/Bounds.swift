/// Bounds on a number.
public typealias RangeCondition = Bounds<Number>

/// Bounds on a moment.
public typealias DatetimeRange = Bounds<Datetime>

/// Bounds on how many values there are.
public typealias ValuesCount = Bounds<UInt64>

/// Bounds on a value; absent bounds place no demand.
public struct Bounds<Value: Comparable & Sendable>: Sendable, Equatable {
  /// Only values below this.
  public var lessThan: Value?
  /// Only values up to this.
  public var lessThanOrEqual: Value?
  /// Only values above this.
  public var greaterThan: Value?
  /// Only values from this on.
  public var greaterThanOrEqual: Value?

  /// Bounds; those that are not given do not bound.
  public init(
    lessThan: Value? = nil, lessThanOrEqual: Value? = nil, greaterThan: Value? = nil,
    greaterThanOrEqual: Value? = nil
  ) {
    self.lessThan = lessThan
    self.lessThanOrEqual = lessThanOrEqual
    self.greaterThan = greaterThan
    self.greaterThanOrEqual = greaterThanOrEqual
  }

  /// Whether `value` lies within all bounds.
  public func contains(_ value: Value) -> Bool {
    if let lessThan, !(value < lessThan) { return false }
    if let lessThanOrEqual, !(value <= lessThanOrEqual) { return false }
    if let greaterThan, !(value > greaterThan) { return false }
    if let greaterThanOrEqual, !(value >= greaterThanOrEqual) { return false }
    return true
  }
}

/// An order of points by the values at a key of their payloads, which needs a range index.
///
/// A point comes once for each of its values; equal values come in the order of the ids.
public struct OrderBy: Sendable, Equatable {
  /// Whether values rise or fall.
  public enum Direction: Sendable, Equatable {
    case ascending
    case descending
  }

  /// The field whose values order points.
  public var key: PayloadPath
  /// Whether values rise or fall.
  public var direction: Direction
  /// The first value, inclusive; `nil` starts at the lowest or highest.
  public var start: OrderStart?

  /// An order by the values of a field.
  public init(
    key: PayloadPath, direction: Direction = .ascending, start: OrderStart? = nil
  ) {
    self.key = key
    self.direction = direction
    self.start = start
  }
}

/// A value that an ordered page starts from.
public enum OrderStart: Sendable, Equatable {
  case number(Number)
  case datetime(Datetime)

  /// The value as orders know it: moments are microseconds since the beginning of 1970.
  public var number: Number {
    switch self {
    case .number(let number): number
    case .datetime(let moment): .integer(moment.microseconds)
    }
  }
}

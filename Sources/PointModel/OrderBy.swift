/// An order of points by the values at a key of their payloads, which needs a range index.
///
/// A point comes once for each of its values; equal values come in the order of the ids.
public struct OrderBy: Sendable, Equatable {
  public enum Direction: Sendable, Equatable {
    case ascending
    case descending
  }

  public var key: PayloadPath
  public var direction: Direction
  /// The first value, inclusive; `nil` starts at the lowest or highest.
  public var start: OrderStart?

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
  case number(Double)
  case datetime(Datetime)
}

/// The value that gave a point its place in an order.
public enum OrderValue: Sendable, Hashable {
  /// An integer, or microseconds since the beginning of 1970.
  case integer(Int64)
  case double(Double)
}

extension OrderValue: Comparable {
  /// Rounded to the nearest double.
  public var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .double(let value): value
    }
  }

  public static func < (left: OrderValue, right: OrderValue) -> Bool {
    if case .integer(let left) = left, case .integer(let right) = right { return left < right }
    return left.double < right.double
  }
}

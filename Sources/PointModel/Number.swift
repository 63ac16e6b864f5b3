public import FastJSON

/// A number as JSON tells it: integers of 64 bits, signed or not, are kept as they are.
///
/// Numbers are compared by value however they are spelled: 1 equals 1.0, and 2⁵³ + 1 lies above
/// 2⁵³ even where one of the two is a double.
public enum Number: Sendable {
  case integer(Int64)
  /// Above `Int64.max`.
  case unsigned(UInt64)
  case double(Double)

  /// An integer without a sign.
  public init(_ integer: UInt64) {
    if let signed = Int64(exactly: integer) {
      self = .integer(signed)
    } else {
      self = .unsigned(integer)
    }
  }

  /// The number of a JSON value; `nil` when the value is something else.
  public init?(_ element: JSONElement) {
    if let integer = element.int64 {
      self = .integer(integer)
    } else if let unsigned = element.uint64 {
      self = .unsigned(unsigned)
    } else if let double = element.double {
      self = .double(double)
    } else {
      return nil
    }
  }

  /// The nearest double.
  public var double: Double {
    switch self {
    case .integer(let integer): Double(integer)
    case .unsigned(let unsigned): Double(unsigned)
    case .double(let double): double
    }
  }

  /// The same number as a double, if there is a double of this value.
  public var asDoubleIfExact: Number {
    let rounded = Number.double(double)
    return rounded == self ? rounded : self
  }

  /// Integers below this size have a double of their own.
  public static let exactDoubles = 9_007_199_254_740_992.0
}

extension Number: Comparable, Hashable {
  /// Whether both are the same number, exactly.
  public static func == (left: Number, right: Number) -> Bool { order(left, right) == 0 }

  /// Whether one number is less than another, exactly.
  public static func < (left: Number, right: Number) -> Bool { order(left, right) < 0 }

  /// Equal numbers feed equal bytes.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .integer(let integer): hasher.combine(integer)
    case .unsigned(let unsigned): hasher.combine(unsigned)
    case .double(let double):
      if let integer = Int64(exactly: double) {
        hasher.combine(integer)
      } else if let unsigned = UInt64(exactly: double) {
        hasher.combine(unsigned)
      } else {
        hasher.combine(double)
      }
    }
  }

  /// Negative when `left` is below `right`, positive when it is above.
  private static func order(_ left: Number, _ right: Number) -> Int {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): compare(left, right)
    case (.unsigned(let left), .unsigned(let right)): compare(left, right)
    case (.double(let left), .double(let right)): compare(left, right)
    case (.integer, .unsigned): -1
    case (.unsigned, .integer): 1
    case (.integer(let left), .double(let right)): compare(left, with: right)
    case (.unsigned(let left), .double(let right)): compare(left, with: right)
    case (.double(let left), .integer(let right)): -compare(right, with: left)
    case (.double(let left), .unsigned(let right)): -compare(right, with: left)
    }
  }

  private static func compare<Value: Comparable>(_ left: Value, _ right: Value) -> Int {
    left < right ? -1 : left == right ? 0 : 1
  }

  private static func compare<Integer: FixedWidthInteger>(
    _ integer: Integer, with double: Double
  ) -> Int {
    let below = double.rounded(.down)
    guard let whole = Integer(exactly: below) else { return double < 0 ? 1 : -1 }
    return integer == whole && below < double ? -1 : compare(integer, whole)
  }
}

extension Number: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
  /// An integer as it is written.
  public init(integerLiteral value: Int64) { self = .integer(value) }

  /// A number with a fraction as it is written.
  public init(floatLiteral value: Double) { self = .double(value) }
}

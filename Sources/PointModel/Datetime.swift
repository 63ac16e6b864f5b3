/// A moment in time, to the microsecond.
public struct Datetime: Sendable, Hashable, Comparable {
  /// Whole seconds since the beginning of 1970 in UTC.
  public let seconds: Int64
  /// Microseconds of the second; from 1,000,000 on inside of a leap second.
  public let fraction: UInt32

  /// The moment so many seconds after the beginning of 1970, and `fraction` microseconds.
  public init(seconds: Int64, fraction: UInt32 = 0) {
    self.seconds = seconds
    self.fraction = fraction
  }

  /// Microseconds since the beginning of 1970 in UTC.
  public var microseconds: Int64 { seconds * 1_000_000 + Int64(fraction) }

  /// Whether one moment is before another.
  public static func < (left: Datetime, right: Datetime) -> Bool {
    (left.seconds, left.fraction) < (right.seconds, right.fraction)
  }

  /// The years that can be told, as in Qdrant.
  static let years = -262_143...262_142
}

extension Datetime: CustomStringConvertible {
  /// The RFC 3339 form in UTC, which parses back to the same moment.
  public var description: String {
    let (days, rest) = seconds.dividedFlooring(by: 86_400)
    let date = CivilDate(daysSinceEpoch: days)
    // A leap second is told as the sixtieth.
    let second = rest % 60 + (fraction >= 1_000_000 ? 1 : 0)
    var text = date.description + "T" + Self.padded(rest / 3600, 2)
    text += ":" + Self.padded(rest / 60 % 60, 2) + ":" + Self.padded(second, 2)
    let micros = Int64(fraction) % 1_000_000
    if micros > 0 { text += "." + Self.padded(micros, 6) }
    return text + "Z"
  }

  static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

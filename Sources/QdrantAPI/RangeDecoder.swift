import FastJSON
import PointModel

/// Reads bounds on numbers, moments and counts.
enum RangeDecoder {
  private static let names = ["lt", "gt", "gte", "lte"]

  /// Bounds on numbers or, when they are strings, on moments.
  static func condition(
    _ body: FieldReader, on key: PayloadPath
  ) throws(DecodingFault) -> Condition {
    try body.requireObject("a range")
    let bounds = names.compactMap { body[$0]?.element.kind }
    guard bounds.contains(.string) else {
      return .range(key: key, try range(body) { field throws(DecodingFault) in try field.number() })
    }
    return .datetimeRange(key: key, try range(body, datetime))
  }

  static func valuesCount(_ body: FieldReader) throws(DecodingFault) -> ValuesCount {
    try range(body, of: "a count of values") { field throws(DecodingFault) in
      UInt64(try field.integer())
    }
  }

  private static func range<Value>(
    _ body: FieldReader, of expected: String = "a range",
    _ read: (FieldReader) throws(DecodingFault) -> Value
  ) throws(DecodingFault) -> Bounds<Value> {
    var range = Bounds<Value>()
    try body.forEachField(of: expected) { name, field throws(DecodingFault) in
      guard names.contains(name) else { return }
      let bound = field.isNull ? nil : try read(field)
      switch name {
      case "lt": range.lessThan = bound
      case "lte": range.lessThanOrEqual = bound
      case "gt": range.greaterThan = bound
      default: range.greaterThanOrEqual = bound
      }
    }
    try FilterDecoder.refuseUnknown(in: body, but: names)
    return range
  }

  private static func datetime(_ field: FieldReader) throws(DecodingFault) -> Datetime {
    let text = try field.string()
    guard let moment = Datetime(text) else {
      throw .format(
        "'\(text.prefix(80))' is not in a supported date/time format, please use RFC 3339")
    }
    return moment
  }
}

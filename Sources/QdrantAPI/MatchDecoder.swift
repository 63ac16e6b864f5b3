import FastJSON
import PointModel

/// Reads what a `match` demands.
enum MatchDecoder {
  static func match(_ body: FieldReader) throws(DecodingFault) -> MatchCondition {
    var match: MatchCondition?
    try body.forEachField(of: "a match") { name, field throws(DecodingFault) in
      switch name {
      case "value": match = .value(try scalar(field))
      case "any": match = .any(try list(field))
      case "except": match = .except(try list(field))
      case "text": match = .text(try field.string())
      case "text_any": match = .textAny(try field.string())
      case "phrase": match = .phrase(try field.string())
      case "prefix": match = .prefix(try field.string())
      default: break
      }
    }
    guard let match, body.element.object?.count == 1 else {
      throw .format("data did not match any variant of untagged enum Match")
    }
    return match
  }

  private static func scalar(_ field: FieldReader) throws(DecodingFault) -> MatchValue {
    if let string = field.element.string { return .string(string) }
    if let integer = field.element.int64 { return .integer(integer) }
    if let unsigned = field.element.uint64 { return .unsigned(unsigned) }
    if let bool = field.element.bool { return .bool(bool) }
    throw field.unexpected("a string, an integer or a boolean")
  }

  private static func isInteger(_ field: FieldReader) -> Bool {
    field.element.kind == .integer || field.element.kind == .unsigned
  }

  /// Strings or integers, not both.
  private static func list(_ field: FieldReader) throws(DecodingFault) -> Set<MatchValue> {
    var values: Set<MatchValue> = []
    var firstIsString: Bool?
    try field.eachElement { element throws(DecodingFault) in
      let isString = element.element.kind == .string
      let wantsString = firstIsString ?? isString
      firstIsString = wantsString
      guard isString || isInteger(element), isString == wantsString else {
        let expected =
          values.isEmpty ? "a string or an integer" : wantsString ? "a string" : "i64"
        throw element.unexpected(expected)
      }
      values.insert(try scalar(element))
    }
    return values
  }
}

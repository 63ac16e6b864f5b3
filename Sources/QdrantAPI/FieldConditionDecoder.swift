import FastJSON
import PointModel

/// Reads conditions on the values at one key of a payload.
enum FieldConditionDecoder {
  private static let unsupported: Set<String> = [
    "geo_bounding_box", "geo_radius", "geo_polygon", "values_count",
  ]

  /// Of several conditions on one key, one must hold, as in Qdrant.
  static func condition(_ entry: FieldReader) throws(DecodingFault) -> Condition {
    let key = try entry.required("key") { field throws(DecodingFault) in try field.payloadPath() }
    var conditions: [Condition] = []
    var unknown: String?
    try entry.forEachField { name, field throws(DecodingFault) in
      if name == "key" || field.isNull { return }
      switch name {
      case "match": conditions.append(.match(key: key, try match(field)))
      case "range": conditions.append(.range(key: key, try range(field)))
      case "is_empty":
        conditions.append(try field.bool() ? .isEmpty(key: key) : .not(.isEmpty(key: key)))
      case "is_null":
        conditions.append(try field.bool() ? .isNull(key: key) : .not(.isNull(key: key)))
      case let name where unsupported.contains(name):
        throw .unsupported("`\(name)` conditions are")
      default: unknown = name
      }
    }
    if let unknown {
      let known = ["match", "range", "is_empty", "is_null"] + unsupported.sorted()
      throw .format("unknown field `\(unknown)`, expected \(FieldReader.alternatives(known))")
    }
    guard let first = conditions.first else {
      throw .validation("At least one field condition must be specified")
    }
    return conditions.count == 1 ? first : .filter(Filter(should: conditions))
  }

  private static func match(_ body: FieldReader) throws(DecodingFault) -> MatchCondition {
    var match: MatchCondition?
    try body.forEachField(of: "a match") { name, field throws(DecodingFault) in
      switch name {
      case "value": match = .value(try scalar(field))
      case "any": match = .any(try list(field))
      case "except": match = .except(try list(field))
      case "text", "text_any", "phrase", "prefix":
        throw .unsupported("full-text conditions are")
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
    if let bool = field.element.bool { return .bool(bool) }
    throw field.unexpected("a string, an integer or a boolean")
  }

  /// Strings or integers, not both.
  private static func list(_ field: FieldReader) throws(DecodingFault) -> Set<MatchValue> {
    var values: Set<MatchValue> = []
    var firstIsString: Bool?
    try field.eachElement { element throws(DecodingFault) in
      let isString = element.element.kind == .string
      let wantsString = firstIsString ?? isString
      firstIsString = wantsString
      guard isString || element.element.int64 != nil, isString == wantsString else {
        let expected =
          values.isEmpty ? "a string or an integer" : wantsString ? "a string" : "i64"
        throw element.unexpected(expected)
      }
      values.insert(try scalar(element))
    }
    return values
  }

  private static func range(_ body: FieldReader) throws(DecodingFault) -> RangeCondition {
    var range = RangeCondition()
    try body.forEachField(of: "a range") { name, field throws(DecodingFault) in
      switch name {
      case "lt": range.lessThan = try bound(field)
      case "lte": range.lessThanOrEqual = try bound(field)
      case "gt": range.greaterThan = try bound(field)
      case "gte": range.greaterThanOrEqual = try bound(field)
      default: break
      }
    }
    try FilterDecoder.refuseUnknown(in: body, but: ["lt", "gt", "gte", "lte"])
    return range
  }

  private static func bound(_ field: FieldReader) throws(DecodingFault) -> Double? {
    if field.isNull { return nil }
    if field.element.kind == .string { throw .unsupported("datetime ranges are") }
    return try field.double()
  }
}

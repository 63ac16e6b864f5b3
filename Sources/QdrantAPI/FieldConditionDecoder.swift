import FastJSON
import PointModel

/// Reads conditions on the values at one key of a payload.
enum FieldConditionDecoder {
  private static let known = [
    "match", "range", "geo_bounding_box", "geo_radius", "geo_polygon", "values_count", "is_empty",
    "is_null",
  ]

  /// Of several conditions on one key, one must hold; but a count of values, and else what is said
  /// of emptiness, leaves no say to the others, as in Qdrant.
  static func condition(_ entry: FieldReader) throws(DecodingFault) -> Condition {
    let key = try entry.required("key") { field throws(DecodingFault) in try field.payloadPath() }
    var conditions: [Condition] = []
    var count: ValuesCount?
    var isEmpty: Bool?
    var isNull: Bool?
    try entry.forEachField { name, field throws(DecodingFault) in
      if name == "key" || field.isNull { return }
      switch name {
      case "match": conditions.append(.match(key: key, try MatchDecoder.match(field)))
      case "range": conditions.append(try RangeDecoder.condition(field, on: key))
      case "geo_bounding_box":
        conditions.append(.geoBoundingBox(key: key, try GeoDecoder.boundingBox(field)))
      case "geo_radius": conditions.append(.geoRadius(key: key, try GeoDecoder.radius(field)))
      case "geo_polygon": conditions.append(.geoPolygon(key: key, try GeoDecoder.polygon(field)))
      case "values_count": count = try RangeDecoder.valuesCount(field)
      case "is_empty": isEmpty = try field.bool()
      case "is_null": isNull = try field.bool()
      default: break
      }
    }
    try FilterDecoder.refuseUnknown(in: entry, but: known, beside: "key")
    if let count { return .valuesCount(key: key, count) }
    if let isEmpty { return emptiness(of: key, isEmpty) }
    if let isNull { return nullness(of: key, isNull) }
    guard let first = conditions.first else {
      throw .validation("At least one field condition must be specified")
    }
    return conditions.count == 1 ? first : .filter(Filter(should: conditions))
  }

  /// Asked this way, each of several values counts by itself.
  private static func emptiness(of key: PayloadPath, _ isEmpty: Bool) -> Condition {
    if key.hasWildcard { return .someValue(key: key, isEmpty ? .empty : .notEmpty) }
    return isEmpty ? .isEmpty(key: key) : .not(.isEmpty(key: key))
  }

  private static func nullness(of key: PayloadPath, _ isNull: Bool) -> Condition {
    if isNull { return .isNull(key: key) }
    return key.hasWildcard ? .someValue(key: key, .notNull) : .not(.isNull(key: key))
  }
}

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
}

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
    if let isEmpty { return isEmpty ? .isEmpty(key: key) : .not(.isEmpty(key: key)) }
    if let isNull { return isNull ? .isNull(key: key) : .not(.isNull(key: key)) }
    guard let first = conditions.first else {
      throw .validation("At least one field condition must be specified")
    }
    return conditions.count == 1 ? first : .filter(Filter(should: conditions))
  }
}

import FastJSON
import PointModel

/// Reads conditions on the values at one key of a payload.
enum FieldConditionDecoder {
  private static let known = [
    "match", "range", "geo_bounding_box", "geo_radius", "geo_polygon", "values_count", "is_empty",
    "is_null",
  ]

  static func condition(_ entry: FieldReader) throws(DecodingFault) -> Condition {
    let key = try entry.required("key") { field throws(DecodingFault) in try field.payloadPath() }
    var parts = FieldConditionParts()
    try entry.forEachField { name, field throws(DecodingFault) in
      if name == "key" || field.isNull { return }
      switch name {
      case "match": parts.add(.match(key: key, try MatchDecoder.match(field)))
      case "range": parts.add(try RangeDecoder.condition(field, on: key))
      case "geo_bounding_box":
        parts.add(.geoBoundingBox(key: key, try GeoDecoder.boundingBox(field)))
      case "geo_radius": parts.add(.geoRadius(key: key, try GeoDecoder.radius(field)))
      case "geo_polygon": parts.add(.geoPolygon(key: key, try GeoDecoder.polygon(field)))
      case "values_count": parts.valuesCount = try RangeDecoder.valuesCount(field)
      case "is_empty": parts.isEmpty = try field.bool()
      case "is_null": parts.isNull = try field.bool()
      default: break
      }
    }
    try FilterDecoder.refuseUnknown(in: entry, but: known, beside: "key")
    return try parts.condition(on: key)
  }
}

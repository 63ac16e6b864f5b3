import FastJSON
import PointModel

/// What is wanted of one value that is no array.
enum ValueCheck {
  case string([UInt8])
  case integer(Int64)
  case unsigned(UInt64)
  case bool(Bool)
  case oneOf(ScalarSet)
  /// Any value but `null` and these.
  case noneOf(ScalarSet)
  case prefix([UInt8])
  case range(RangeCondition)
  case datetimeRange(DatetimeRange)
  case geoBoundingBox(GeoBoundingBox)
  case geoRadius(GeoRadius)
  case geoPolygon(GeoPolygon)

  /// - Precondition: `match` does not look at words.
  init(_ match: MatchCondition) {
    switch match {
    case .value(.string(let string)): self = .string(Array(string.utf8))
    case .value(.integer(let integer)): self = .integer(integer)
    case .value(.unsigned(let unsigned)): self = .unsigned(unsigned)
    case .value(.bool(let bool)): self = .bool(bool)
    case .any(let values): self = .oneOf(ScalarSet(values))
    case .except(let values): self = .noneOf(ScalarSet(values))
    case .prefix(let string): self = .prefix(Array(string.utf8))
    case .text, .textAny, .phrase: preconditionFailure("words are matched by a TextMatch")
    }
  }

  /// What it takes to check a value, in steps of tens of nanoseconds.
  var steps: Int {
    if case .geoPolygon(let polygon) = self {
      return polygon.interiors.reduce(8 + polygon.exterior.count) { $0 + $1.count }
    }
    return 2
  }

  func holds(for value: JSONElement) -> Bool {
    switch self {
    case .string(let wanted): value.withUTF8 { $0.elementsEqual(wanted) } ?? false
    case .integer(let wanted): value.int64 == wanted
    case .unsigned(let wanted): value.uint64 == wanted
    case .bool(let wanted): value.bool == wanted
    case .oneOf(let wanted): wanted.contains(value)
    case .noneOf(let unwanted): !value.isNull && !unwanted.contains(value)
    case .prefix(let wanted): value.withUTF8 { $0.starts(with: wanted) } ?? false
    case .range(let range): Number(value).map(range.contains) ?? false
    case .datetimeRange(let range):
      value.withUTF8 { Datetime(utf8: $0).map(range.contains) ?? false } ?? false
    case .geoBoundingBox(let box): value.place.map(box.contains) ?? false
    case .geoRadius(let circle): value.place.map(circle.contains) ?? false
    case .geoPolygon(let polygon): value.place.map(polygon.contains) ?? false
    }
  }
}

extension JSONElement {
  /// The place that an object with the numbers `lon` and `lat` tells.
  var place: GeoPoint? {
    guard let object, let longitude = object["lon"]?.double, let latitude = object["lat"]?.double
    else { return nil }
    return GeoPoint(longitude: longitude, latitude: latitude)
  }
}

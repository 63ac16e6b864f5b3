import FastJSON
import PointModel

/// What is wanted of one value that is no array.
enum ValueCheck {
  case string([UInt8])
  case integer(Int64)
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
    case .value(.bool(let bool)): self = .bool(bool)
    case .any(let values): self = .oneOf(ScalarSet(values))
    case .except(let values): self = .noneOf(ScalarSet(values))
    case .prefix(let string): self = .prefix(Array(string.utf8))
    case .text, .textAny, .phrase: preconditionFailure("words are matched by a TextMatch")
    }
  }

  func holds(for value: JSONElement) -> Bool {
    switch self {
    case .string(let wanted): value.withUTF8 { $0.elementsEqual(wanted) } ?? false
    case .integer(let wanted): value.kind == .integer && value.int64 == wanted
    case .bool(let wanted): value.bool == wanted
    case .oneOf(let wanted): wanted.contains(value)
    case .noneOf(let unwanted): !value.isNull && !unwanted.contains(value)
    case .prefix(let wanted): value.withUTF8 { $0.starts(with: wanted) } ?? false
    case .range(let range): value.double.map(range.contains) ?? false
    case .datetimeRange(let range):
      value.withUTF8 { Datetime(utf8: $0).map(range.contains) ?? false } ?? false
    case .geoBoundingBox(let box): value.place.map(box.contains) ?? false
    case .geoRadius(let circle): value.place.map(circle.contains) ?? false
    case .geoPolygon(let polygon): value.place.map(polygon.contains) ?? false
    }
  }
}

/// A set of scalars that answers for values of payloads; few strings are compared in place.
struct ScalarSet {
  private let values: Set<MatchValue>
  private let strings: [[UInt8]]?

  private static let comparedStringsMax = 8

  init(_ values: Set<MatchValue>) {
    self.values = values
    let strings = values.compactMap { value in
      if case .string(let string) = value { Array(string.utf8) } else { nil }
    }
    self.strings = strings.count <= Self.comparedStringsMax ? strings : nil
  }

  func contains(_ value: JSONElement) -> Bool {
    switch value.kind {
    case .string:
      if let strings {
        return value.withUTF8 { bytes in strings.contains { bytes.elementsEqual($0) } } ?? false
      }
      return value.string.map { values.contains(.string($0)) } ?? false
    case .integer: return value.int64.map { values.contains(.integer($0)) } ?? false
    case .bool: return value.bool.map { values.contains(.bool($0)) } ?? false
    case .null, .unsigned, .double, .array, .object: return false
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

import PointModel
import ProtoWire
import QdrantAPI

/// Reads conditions on the values at one key of a payload.
enum FieldConditionMessages {
  static func condition(_ message: ProtoMessage) throws(DecodingFault) -> Condition {
    var key: PayloadPath?
    try message.read { field throws(DecodingFault) in
      if field.number == 1 { key = try PayloadMessages.path(field) }
    }
    guard let key else { throw .format("Invalid json path: ''") }
    var parts = FieldConditionParts()
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 2: parts.add(.match(key: key, try match(try field.message())))
      case 3: parts.add(.range(key: key, try range(try field.message())))
      case 4: parts.add(.geoBoundingBox(key: key, try GeoMessages.box(try field.message())))
      case 5: parts.add(.geoRadius(key: key, try GeoMessages.radius(try field.message())))
      case 6: parts.valuesCount = try valuesCount(try field.message())
      case 7: parts.add(.geoPolygon(key: key, try GeoMessages.polygon(try field.message())))
      case 8: parts.add(.datetimeRange(key: key, try datetimeRange(try field.message())))
      case 9: parts.isEmpty = try field.bool()
      case 10: parts.isNull = try field.bool()
      default: break
      }
    }
    return try parts.condition(on: key)
  }

  private static func match(_ message: ProtoMessage) throws(DecodingFault) -> MatchCondition {
    var match: MatchCondition?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: match = .value(.string(try field.string()))
      case 2: match = .value(.integer(try field.int64()))
      case 3: match = .value(.bool(try field.bool()))
      case 4: match = .text(try field.string())
      case 5: match = .any(try strings(try field.message()))
      case 6: match = .any(try integers(try field.message()))
      case 7: match = .except(try integers(try field.message()))
      case 8: match = .except(try strings(try field.message()))
      case 9: match = .phrase(try field.string())
      case 10: match = .textAny(try field.string())
      case 11: match = .prefix(try field.string())
      default: break
      }
    }
    guard let match else { throw .format("Malformed Match condition") }
    return match
  }

  private static func strings(_ message: ProtoMessage) throws(DecodingFault) -> Set<MatchValue> {
    Set(try PointMessages.names(message).map { .string($0) })
  }

  private static func integers(_ message: ProtoMessage) throws(DecodingFault) -> Set<MatchValue> {
    var integers: [Int64] = []
    try message.read { field throws(DecodingFault) in
      if field.number == 1 { try field.append(to: &integers) }
    }
    return Set(integers.map { .integer($0) })
  }

  private static func range(_ message: ProtoMessage) throws(DecodingFault) -> RangeCondition {
    var range = RangeCondition()
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: range.lessThan = .double(try field.double())
      case 2: range.greaterThan = .double(try field.double())
      case 3: range.greaterThanOrEqual = .double(try field.double())
      case 4: range.lessThanOrEqual = .double(try field.double())
      default: break
      }
    }
    return range
  }

  private static func datetimeRange(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> PointModel.DatetimeRange {
    var range = PointModel.DatetimeRange()
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: range.lessThan = try field.message(at: "lt", timestamp)
      case 2: range.greaterThan = try field.message(at: "gt", timestamp)
      case 3: range.greaterThanOrEqual = try field.message(at: "gte", timestamp)
      case 4: range.lessThanOrEqual = try field.message(at: "lte", timestamp)
      default: break
      }
    }
    return range
  }

  /// A moment, to the microsecond: what is finer is dropped, as in payloads.
  static func timestamp(_ message: ProtoMessage) throws(DecodingFault) -> Datetime {
    var seconds: Int64 = 0
    var nanoseconds: Int64 = 0
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: seconds = try field.int64()
      case 2: nanoseconds = try field.int64()
      default: break
      }
    }
    // From the year 1 to 9999, as the format of timestamps has it.
    guard (-62_135_596_800...253_402_300_799).contains(seconds) else {
      throw .validation(
        "value \(seconds) invalid, must be from -62135596800 to 253402300799")
    }
    guard (0...999_999_999).contains(nanoseconds) else {
      throw .validation("value \(nanoseconds) invalid, must be from 0 to 999999999")
    }
    return Datetime(seconds: seconds, fraction: UInt32(nanoseconds / 1000))
  }

  private static func valuesCount(_ message: ProtoMessage) throws(DecodingFault) -> ValuesCount {
    var count = ValuesCount()
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: count.lessThan = try field.uint64()
      case 2: count.greaterThan = try field.uint64()
      case 3: count.greaterThanOrEqual = try field.uint64()
      case 4: count.lessThanOrEqual = try field.uint64()
      default: break
      }
    }
    return count
  }
}

import PointModel
import ProtoWire
import QdrantAPI

/// Reads filters. A condition of no kind is none.
enum FilterMessages {
  static func filter(_ message: ProtoMessage) throws(DecodingFault) -> Filter {
    var filter = Filter()
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: try append(field, to: &filter.should, at: "should")
      case 2: try append(field, to: &filter.must, at: "must")
      case 3: try append(field, to: &filter.mustNot, at: "must_not")
      case 4: filter.minShould = try field.message(at: "min_should", minShould)
      default: break
      }
    }
    return filter
  }

  private static func append(
    _ field: MessageField, to conditions: inout [Condition], at key: String
  ) throws(DecodingFault) {
    let message = try field.message()
    do throws(DecodingFault) {
      if let condition = try condition(message) { conditions.append(condition) }
    } catch {
      throw error.under(conditions.count).under(key)
    }
  }

  private static func minShould(_ message: ProtoMessage) throws(DecodingFault) -> Filter.MinShould {
    var conditions: [Condition] = []
    var minimum: UInt64 = 0
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: try append(field, to: &conditions, at: "conditions")
      case 2: minimum = try field.uint64()
      default: break
      }
    }
    guard minimum > 0 else {
      throw DecodingFault.validation("min_count must be greater than 0").under("min_count")
    }
    return Filter.MinShould(conditions: conditions, minimum: Int(clamping: minimum))
  }

  /// One clause; `nil` for one of no kind.
  static func condition(_ message: ProtoMessage) throws(DecodingFault) -> Condition? {
    var condition: Condition?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: condition = try FieldConditionMessages.condition(try field.message())
      case 2: condition = .isEmpty(key: try key(try field.message()))
      case 3: condition = .hasID(try ids(try field.message()))
      case 4: condition = .filter(try filter(try field.message()))
      case 5: condition = .isNull(key: try key(try field.message()))
      case 6: condition = try nested(try field.message())
      case 7: condition = .hasVector(try PointMessages.names(try field.message()).last ?? "")
      case 8: condition = .slice(try slice(try field.message()))
      default: break
      }
    }
    return condition
  }

  private static func key(_ message: ProtoMessage) throws(DecodingFault) -> PayloadPath {
    var path: PayloadPath?
    try message.read { field throws(DecodingFault) in
      if field.number == 1 { path = try PayloadMessages.path(field) }
    }
    guard let path else { throw .format("Invalid json path: ''") }
    return path
  }

  private static func ids(_ message: ProtoMessage) throws(DecodingFault) -> Set<PointID> {
    var ids: [PointID] = []
    try message.read { field throws(DecodingFault) in
      if field.number == 1 { try field.append(to: &ids, at: "has_id", PointMessages.id) }
    }
    return Set(ids)
  }

  private static func nested(_ message: ProtoMessage) throws(DecodingFault) -> Condition {
    var path: PayloadPath?
    var inner: Filter?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: path = try PayloadMessages.path(field)
      case 2: inner = try field.message(at: "filter", filter)
      default: break
      }
    }
    guard let inner else { throw .format("Nested condition must have a filter") }
    guard let path else { throw .format("Invalid json path: ''") }
    return .nested(key: path, inner)
  }

  private static func slice(_ message: ProtoMessage) throws(DecodingFault) -> PointSlice {
    var slice = PointSlice(total: 0, index: 0)
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: slice.total = try field.uint32()
      case 2: slice.index = try field.uint32()
      default: break
      }
    }
    guard slice.total > 0 else {
      throw DecodingFault.validation("must be greater than 0").under("total")
    }
    guard slice.index < slice.total else {
      throw DecodingFault.validation("must be less than the total number of slices").under("index")
    }
    return slice
  }
}

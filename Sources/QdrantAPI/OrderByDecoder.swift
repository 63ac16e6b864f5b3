import FastJSON
import PointModel

/// Reads orders by values of payloads: a key alone, or a key with direction and start.
enum OrderByDecoder {
  static func orderBy(_ field: FieldReader) throws(DecodingFault) -> OrderBy {
    if field.element.kind == .string { return OrderBy(key: try field.payloadPath()) }
    try field.requireObject("a key, or an object of key, direction and start_from")
    var order = OrderBy(
      key: try field.required("key") { key throws(DecodingFault) in try key.payloadPath() })
    let direction = try field.optional("direction") { name throws(DecodingFault) in
      try name.choice(["asc", "desc"])
    }
    if direction == "desc" { order.direction = .descending }
    order.start = try field.optional("start_from") { start throws(DecodingFault) in
      try Self.start(start)
    }
    return order
  }

  private static func start(_ field: FieldReader) throws(DecodingFault) -> OrderStart {
    switch field.element.kind {
    case .integer, .unsigned, .double: return .number(try field.number())
    case .string:
      guard let moment = Datetime(try field.string()) else {
        throw .format("data did not match any variant of untagged enum StartFrom")
      }
      return .datetime(moment)
    default: throw .format("data did not match any variant of untagged enum StartFrom")
    }
  }
}

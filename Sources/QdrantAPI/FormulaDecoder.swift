import FastJSON
import PointModel

/// Reads formulas: a number, a variable, a condition, or an object that names what is computed.
enum FormulaDecoder {
  /// The formula in the member `formula`, and the values for what is missing in `defaults`.
  static func formula(_ body: FieldReader) throws(DecodingFault) -> Formula {
    var formula = Formula(
      try body.required("formula") { field throws(DecodingFault) in try expression(field) })
    _ = try body.optional("defaults") { field throws(DecodingFault) in
      guard let defaults = field.element.object else { throw field.unexpected("a map") }
      for (name, value) in defaults {
        try FormulaRules.add(value.value, as: name, to: &formula)
      }
    }
    return formula
  }

  private static func expression(_ field: FieldReader) throws(DecodingFault) -> FormulaExpression {
    switch field.element.kind {
    case .integer, .unsigned, .double: return .constant(Double(try field.float()))
    case .string:
      let name = try field.string()
      return try FormulaRules.variable(name)
    case .object: break
    default: throw .format("data did not match any variant of untagged enum Expression")
    }
    guard let object = field.element.object,
      let name = names.first(where: { object[$0].map { !$0.isNull } ?? false })
    else { return .condition(try FilterDecoder.condition(field)) }
    return try field.required(name) { operand throws(DecodingFault) in
      try named(name, operand)
    }
  }

  private static let names =
    ["geo_distance", "datetime", "datetime_key", "mult", "sum", "div", "pow"]
    + FormulaFunction.allCases.map(\.rawValue) + FormulaDecay.Shape.allCases.map(\.rawValue)

  private static func named(
    _ name: String, _ operand: FieldReader
  ) throws(DecodingFault) -> FormulaExpression {
    if let function = FormulaFunction(rawValue: name) {
      return .function(function, try expression(operand))
    }
    if let shape = FormulaDecay.Shape(rawValue: name) { return .decay(try decay(shape, operand)) }
    switch name {
    case "geo_distance":
      return .geoDistance(
        from: try operand.required("origin", GeoDecoder.point),
        to: try operand.required("to") { key throws(DecodingFault) in try key.payloadPath() })
    case "datetime": return .datetime(try FormulaRules.moment(try operand.string()))
    case "datetime_key": return .datetimeKey(try operand.payloadPath())
    case "mult":
      return .product(try operand.map { term throws(DecodingFault) in try expression(term) })
    case "sum":
      return .sum(try operand.map { term throws(DecodingFault) in try expression(term) })
    case "div":
      return .quotient(
        try part("left", of: operand), try part("right", of: operand),
        byZero: try operand.optional("by_zero_default") { value throws(DecodingFault) in
          Double(try value.float())
        })
    default: return .power(try part("base", of: operand), try part("exponent", of: operand))
    }
  }

  private static func part(
    _ name: String, of body: FieldReader
  ) throws(DecodingFault) -> FormulaExpression {
    try body.required(name) { field throws(DecodingFault) in try expression(field) }
  }

  private static func decay(
    _ shape: FormulaDecay.Shape, _ body: FieldReader
  ) throws(DecodingFault) -> FormulaDecay {
    let scale = try body.optional("scale") { field throws(DecodingFault) in try field.float() }
    let midpoint = try body.optional("midpoint") { field throws(DecodingFault) in
      try field.float()
    }
    let decay = FormulaDecay(
      shape, x: try part("x", of: body),
      target: try body.optional("target") { field throws(DecodingFault) in
        try expression(field)
      }, scale: scale ?? 1, midpoint: midpoint ?? 0.5)
    try FormulaRules.check(decay)
    return decay
  }
}

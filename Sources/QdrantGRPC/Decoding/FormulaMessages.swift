import FastJSON
import PointModel
import ProtoWire
import QdrantAPI

/// Reads formulas.
enum FormulaMessages {
  static func formula(_ message: ProtoMessage) throws(DecodingFault) -> Formula {
    var root: FormulaExpression?
    var defaults: [ProtoMessage] = []
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: root = try field.message(at: "expression", expression)
      case 2: defaults.append(try field.message())
      default: break
      }
    }
    guard let root else { throw .format("missing field: expression") }
    var formula = Formula(root)
    for (name, value) in try PayloadMessages.object(defaults) {
      try FormulaRules.add(value, as: name, to: &formula)
    }
    return formula
  }

  private static func expression(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> FormulaExpression {
    var expression: FormulaExpression?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: expression = .constant(Double(try field.float()))
      case 2: expression = try FormulaRules.variable(try field.string())
      case 3:
        guard let condition = try FilterMessages.condition(try field.message()) else {
          throw .format("missing field: condition")
        }
        expression = .condition(condition)
      case 4: expression = try geoDistance(try field.message())
      case 5: expression = .datetime(try FormulaRules.moment(try field.string()))
      case 6: expression = .datetimeKey(try PayloadMessages.path(field))
      case 7: expression = .product(try list(try field.message(), at: "mult"))
      case 8: expression = .sum(try list(try field.message(), at: "sum"))
      case 9: expression = try quotient(try field.message())
      case 13: expression = try power(try field.message())
      case 17: expression = .decay(try decay(.exponential, try field.message()))
      case 18: expression = .decay(try decay(.gaussian, try field.message()))
      case 19: expression = .decay(try decay(.linear, try field.message()))
      default:
        guard let function = functions[field.number] else { return }
        expression = .function(function, try self.expression(try field.message()))
      }
    }
    guard let expression else { throw .format("missing field: variant") }
    return expression
  }

  private static let functions: [UInt32: FormulaFunction] = [
    10: .negation, 11: .absolute, 12: .squareRoot, 14: .exponential, 15: .commonLogarithm,
    16: .naturalLogarithm,
  ]

  private static func geoDistance(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> FormulaExpression {
    var origin: GeoPoint?
    var path: PayloadPath?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: origin = try GeoMessages.point(try field.message())
      case 2: path = try PayloadMessages.path(field)
      default: break
      }
    }
    guard let origin else { throw .format("missing field: origin") }
    guard let path else { throw .format("Invalid json path: ''") }
    return .geoDistance(from: origin, to: path)
  }

  private static func list(
    _ message: ProtoMessage, at key: String
  ) throws(DecodingFault) -> [FormulaExpression] {
    var terms: [FormulaExpression] = []
    try message.read { field throws(DecodingFault) in
      if field.number == 1 { try field.append(to: &terms, at: key, expression) }
    }
    return terms
  }

  private static func quotient(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> FormulaExpression {
    var (left, right): (FormulaExpression?, FormulaExpression?) = (nil, nil)
    var byZero: Double?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: left = try field.message(at: "left", expression)
      case 2: right = try field.message(at: "right", expression)
      case 3: byZero = Double(try field.float())
      default: break
      }
    }
    guard let left else { throw .format("missing field: left") }
    guard let right else { throw .format("missing field: right") }
    return .quotient(left, right, byZero: byZero)
  }

  private static func power(_ message: ProtoMessage) throws(DecodingFault) -> FormulaExpression {
    var (base, exponent): (FormulaExpression?, FormulaExpression?) = (nil, nil)
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: base = try field.message(at: "base", expression)
      case 2: exponent = try field.message(at: "exponent", expression)
      default: break
      }
    }
    guard let base else { throw .format("missing field: base") }
    guard let exponent else { throw .format("missing field: exponent") }
    return .power(base, exponent)
  }

  private static func decay(
    _ shape: FormulaDecay.Shape, _ message: ProtoMessage
  ) throws(DecodingFault) -> FormulaDecay {
    var (x, target): (FormulaExpression?, FormulaExpression?) = (nil, nil)
    var (scale, midpoint): (Float, Float) = (1, 0.5)
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: x = try field.message(at: "x", expression)
      case 2: target = try field.message(at: "target", expression)
      case 3: scale = try field.float()
      case 4: midpoint = try field.float()
      default: break
      }
    }
    guard let x else { throw .format("missing field: x") }
    let decay = FormulaDecay(shape, x: x, target: target, scale: scale, midpoint: midpoint)
    try FormulaRules.check(decay)
    return decay
  }
}

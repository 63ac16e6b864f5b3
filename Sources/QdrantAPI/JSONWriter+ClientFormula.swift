import FastJSON
import PointModel

/// What merges or rescores prefetches.
extension JSONWriter {
  /// Writes the member of a query that says how rankings become one.
  mutating func writeMember(_ fusion: Fusion) {
    switch fusion {
    case .scoreDistribution:
      key("fusion")
      string("dbsf")
    case .reciprocalRank(let k, let weights):
      key("rrf")
      beginObject()
      key("k")
      integer(k)
      if let weights {
        key("weights")
        beginArray()
        for weight in weights { float(weight) }
        endArray()
      }
      endObject()
    }
  }

  /// Writes the members of a query by a formula.
  mutating func writeMembers(_ formula: Formula) {
    key("formula")
    write(formula.expression)
    if formula.scoreDefaults.isEmpty, formula.payloadDefaults.isEmpty { return }
    key("defaults")
    beginObject()
    for (source, value) in formula.scoreDefaults.sorted(by: { $0.key < $1.key }) {
      key("$score[\(source)]")
      double(value)
    }
    for (path, value) in formula.payloadDefaults {
      key(path.description)
      value.write(to: &self)
    }
    endObject()
  }

  private mutating func write(_ expression: FormulaExpression) {
    switch expression {
    case .constant(let number): return double(number)
    case .score(let source): return string("$score[\(source)]")
    case .payload(let path): return string(path.description)
    case .condition(let condition): return write(condition)
    default: break
    }
    beginObject()
    switch expression {
    case .geoDistance(let origin, let path):
      key("geo_distance")
      beginObject()
      key("origin")
      write(origin)
      key("to")
      string(path.description)
      endObject()
    case .datetime(let moment):
      key("datetime")
      string(moment.description)
    case .datetimeKey(let path):
      key("datetime_key")
      string(path.description)
    case .sum(let terms): write(terms, under: "sum")
    case .product(let factors): write(factors, under: "mult")
    case .quotient(let left, let right, let byZero):
      key("div")
      beginObject()
      write(left, under: "left")
      write(right, under: "right")
      if let byZero {
        key("by_zero_default")
        double(byZero)
      }
      endObject()
    case .power(let base, let exponent):
      key("pow")
      beginObject()
      write(base, under: "base")
      write(exponent, under: "exponent")
      endObject()
    case .function(let function, let operand):
      key(function.rawValue)
      write(operand)
    case .decay(let decay): writeMember(decay)
    case .constant, .score, .payload, .condition: break
    }
    endObject()
  }

  private mutating func write(_ expression: FormulaExpression, under name: String) {
    key(name)
    write(expression)
  }

  private mutating func write(_ expressions: [FormulaExpression], under name: String) {
    key(name)
    beginArray()
    for expression in expressions { write(expression) }
    endArray()
  }

  private mutating func writeMember(_ decay: FormulaDecay) {
    key(decay.shape.rawValue)
    beginObject()
    write(decay.x, under: "x")
    if let target = decay.target { write(target, under: "target") }
    key("scale")
    float(decay.scale)
    key("midpoint")
    float(decay.midpoint)
    endObject()
  }
}

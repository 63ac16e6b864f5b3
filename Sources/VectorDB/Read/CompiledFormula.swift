import Glibc
import PointModel

/// A formula made ready to be asked about many points. Numbers are doubles, and the order of the
/// arithmetic is Qdrant's. For one thread at a time.
struct CompiledFormula {
  /// The value of an expression for a point.
  typealias Term = (FormulaSubject) throws(CollectionError) -> Double

  /// Whether some part looks into payloads; otherwise they need not be read.
  let needsPayload: Bool
  /// Whether some part asks whether a condition holds.
  let hasConditions: Bool
  private let term: Term

  /// - Parameters:
  ///   - text: how text is matched by conditions.
  ///   - indexType: the type of the index at a key, if it has one.
  ///   - pace: ends it early; the formula is of no use then.
  init(
    _ formula: Formula, text: TextFields, indexType: @escaping (PayloadPath) -> PayloadIndexType?,
    _ pace: PayloadPace
  ) {
    var builder = FormulaBuilder(formula: formula, text: text, indexType: indexType, pace: pace)
    term = builder.term(formula.expression)
    needsPayload = builder.needsPayload
    hasConditions = builder.hasConditions
  }

  /// The score of a point.
  ///
  /// - Throws: ``CollectionError/wrongInput(_:)`` where a value is missing, or not finite.
  func score(_ subject: FormulaSubject) throws(CollectionError) -> Float {
    let value = try term(subject)
    let score = Float(value)
    guard score.isFinite else {
      throw FormulaBuilder.notFinite("\(value.told) as f32 = \(Double(score).told)")
    }
    return score
  }
}

/// The point that a formula is asked about.
struct FormulaSubject {
  /// What points scored, by source.
  let sources: [[UInt32: Float]]
  let offset: UInt32
  /// What conditions, and values of its payload, are asked of.
  let filtered: FilterSubject
}

/// Makes terms of expressions.
struct FormulaBuilder {
  let formula: Formula
  let text: TextFields
  let indexType: (PayloadPath) -> PayloadIndexType?
  private let pace: PayloadPace
  private(set) var needsPayload = false
  private(set) var hasConditions = false

  init(
    formula: Formula, text: TextFields, indexType: @escaping (PayloadPath) -> PayloadIndexType?,
    pace: PayloadPace
  ) {
    self.pace = pace
    self.formula = formula
    self.text = text
    self.indexType = indexType
  }

  static func notFinite(_ expression: String) -> CollectionError {
    .wrongInput("The expression \(expression) produced a non-finite number")
  }

  mutating func term(_ expression: FormulaExpression) -> CompiledFormula.Term {
    switch expression {
    case .constant(let number): return { _ in number }
    case .score(let source):
      let missing = formula.scoreDefaults[source] ?? 0
      return { subject in
        guard source < subject.sources.count else { return missing }
        return subject.sources[source][subject.offset].map(Double.init) ?? missing
      }
    case .condition(let condition):
      let compiled = CompiledCondition(condition, text: text, pace)
      hasConditions = true
      needsPayload = needsPayload || compiled.needsPayload
      return { subject in compiled.holds(for: subject.filtered) ? 1 : 0 }
    case .datetime(let moment):
      let seconds = Double(moment.microseconds) / 1_000_000
      return { _ in seconds }
    case .payload, .geoDistance, .datetimeKey: return payloadTerm(expression)
    case .sum(let expressions):
      let terms = expressions.map { term($0) }
      return { (subject) throws(CollectionError) in
        var sum = 0.0
        for term in terms { sum += try term(subject) }
        return sum
      }
    case .product(let expressions):
      let terms = expressions.map { term($0) }
      return { (subject) throws(CollectionError) in
        var product = 1.0
        for term in terms {
          let factor = try term(subject)
          // What comes behind a zero is not even looked at.
          if factor == 0 { return 0 }
          product *= factor
        }
        return product
      }
    case .quotient(let left, let right, let byZero): return quotient(left, right, byZero)
    case .power(let base, let exponent):
      let (base, exponent) = (term(base), term(exponent))
      return { (subject) throws(CollectionError) in
        let (base, exponent) = (try base(subject), try exponent(subject))
        return try Self.finite(pow(base, exponent)) { "\(base.told)^\(exponent.told)" }
      }
    case .function(let function, let operand): return self.function(function, of: term(operand))
    case .decay(let decay): return self.decay(decay)
    }
  }

  private mutating func quotient(
    _ left: FormulaExpression, _ right: FormulaExpression, _ byZero: Double?
  ) -> CompiledFormula.Term {
    let (left, right) = (term(left), term(right))
    return { (subject) throws(CollectionError) in
      let dividend = try left(subject)
      if dividend == 0 { return 0 }
      let divisor = try right(subject)
      if divisor == 0, let byZero { return byZero }
      return try Self.finite(dividend / divisor) { "\(dividend.told)/\(divisor.told)" }
    }
  }

  private func function(
    _ function: FormulaFunction, of operand: @escaping CompiledFormula.Term
  ) -> CompiledFormula.Term {
    { (subject) throws(CollectionError) in
      let x = try operand(subject)
      switch function {
      case .negation: return -x
      case .absolute: return abs(x)
      case .squareRoot: return try Self.finite(x.squareRoot()) { "√\(x.told)" }
      case .exponential: return try Self.finite(exp(x)) { "exp(\(x.told))" }
      case .commonLogarithm: return try Self.finite(log10(x)) { "log10(\(x.told))" }
      case .naturalLogarithm: return try Self.finite(log(x)) { "ln(\(x.told))" }
      }
    }
  }

  private mutating func decay(_ decay: FormulaDecay) -> CompiledFormula.Term {
    let x = term(decay.x)
    let target = decay.target.map { term($0) }
    let (scale, midpoint) = (Double(decay.scale), Double(decay.midpoint))
    let shape = decay.shape
    let slope =
      switch shape {
      case .linear: (1 - midpoint) / scale
      case .exponential: log(midpoint) / scale
      case .gaussian: log(midpoint) / (scale * scale)
      }
    return { (subject) throws(CollectionError) in
      let distance = try x(subject) - (try target?(subject) ?? 0)
      return switch shape {
      case .linear: max(0, 1 - slope * abs(distance))
      case .exponential: exp(slope * abs(distance))
      case .gaussian: exp(slope * distance * distance)
      }
    }
  }

  private mutating func payloadTerm(_ expression: FormulaExpression) -> CompiledFormula.Term {
    needsPayload = true
    switch expression {
    case .payload(let path):
      let operand = operand(path)
      return { (subject) throws(CollectionError) in try operand.number(of: subject) }
    case .geoDistance(let origin, let path):
      let operand = operand(path)
      return { (subject) throws(CollectionError) in
        origin.distance(to: try operand.place(of: subject))
      }
    case .datetimeKey(let path):
      let operand = operand(path)
      return { (subject) throws(CollectionError) in
        Double(try operand.moment(of: subject).microseconds) / 1_000_000
      }
    default: preconditionFailure("an expression that asks for no payload")
    }
  }

  private func operand(_ path: PayloadPath) -> PayloadOperand {
    PayloadOperand(
      path: path, indexType: indexType(path), fallback: formula.payloadDefaults[path])
  }

  private static func finite(
    _ value: Double, _ expression: () -> String
  ) throws(CollectionError) -> Double {
    guard value.isFinite else { throw notFinite("\(expression()) = \(value.told)") }
    return value
  }
}

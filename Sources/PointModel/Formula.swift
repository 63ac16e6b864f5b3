public import FastJSON

/// A score that is computed of what prefetched points scored and of their payloads.
public struct Formula: Sendable, Equatable {
  /// What is computed for every point.
  public var expression: FormulaExpression
  /// Scores of points that a source did not find, by the source's number; 0 where none is given.
  public var scoreDefaults: [Int: Double]
  /// Values of points that have none at a key.
  public var payloadDefaults: [PayloadPath: JSONValue]

  /// A formula and the values for what is missing.
  public init(
    _ expression: FormulaExpression, scoreDefaults: [Int: Double] = [:],
    payloadDefaults: [PayloadPath: JSONValue] = [:]
  ) {
    self.expression = expression
    self.scoreDefaults = scoreDefaults
    self.payloadDefaults = payloadDefaults
  }
}

/// A part of a formula, whose value is a number.
public indirect enum FormulaExpression: Sendable, Equatable {
  case constant(Double)
  /// What the point scored in a source, counted from 0.
  case score(Int)
  /// The number at a key.
  case payload(PayloadPath)
  /// 1 where a condition holds, 0 elsewhere.
  case condition(Condition)
  /// Meters between a place and the one at a key.
  case geoDistance(from: GeoPoint, to: PayloadPath)
  /// Seconds since the beginning of 1970.
  case datetime(Datetime)
  /// Seconds from the beginning of 1970 to the moment at a key.
  case datetimeKey(PayloadPath)
  case sum([FormulaExpression])
  case product([FormulaExpression])
  /// A quotient, and its value where the divisor is 0.
  case quotient(FormulaExpression, FormulaExpression, byZero: Double?)
  case power(FormulaExpression, FormulaExpression)
  case function(FormulaFunction, FormulaExpression)
  case decay(FormulaDecay)

  /// The expressions that this one is made of.
  public var operands: [FormulaExpression] {
    switch self {
    case .constant, .score, .payload, .condition, .geoDistance, .datetime, .datetimeKey: []
    case .sum(let terms), .product(let terms): terms
    case .quotient(let left, let right, _), .power(let left, let right): [left, right]
    case .function(_, let operand): [operand]
    case .decay(let decay): decay.target.map { [decay.x, $0] } ?? [decay.x]
    }
  }

  /// How many expressions there are, this one and all that it is made of.
  public var count: Int { operands.reduce(1) { $0 + $1.count } }

  /// Levels of expressions, this one included.
  public var depth: Int { 1 + operands.reduce(0) { max($0, $1.depth) } }
}

/// A function of one number.
public enum FormulaFunction: String, Sendable, Equatable, CaseIterable {
  case negation = "neg"
  case absolute = "abs"
  case squareRoot = "sqrt"
  case exponential = "exp"
  case commonLogarithm = "log10"
  case naturalLogarithm = "ln"
}

/// A value that is 1 at a target and falls with the distance from it.
public struct FormulaDecay: Sendable, Equatable {
  /// How it falls.
  public enum Shape: String, Sendable, Equatable, CaseIterable {
    case linear = "lin_decay"
    case exponential = "exp_decay"
    case gaussian = "gauss_decay"
  }

  /// The curve.
  public var shape: Shape
  /// What decays.
  public var x: FormulaExpression
  /// Where the value is 1; `nil` stands for 0.
  public var target: FormulaExpression?
  /// The distance from the target at which the value is ``midpoint``; above 0.
  public var scale: Float
  /// The value at a distance of one scale from the target, between 0 and 1.
  public var midpoint: Float

  /// A decay along a curve.
  public init(
    _ shape: Shape, x: FormulaExpression, target: FormulaExpression? = nil, scale: Float = 1,
    midpoint: Float = 0.5
  ) {
    self.shape = shape
    self.x = x
    self.target = target
    self.scale = scale
    self.midpoint = midpoint
  }
}

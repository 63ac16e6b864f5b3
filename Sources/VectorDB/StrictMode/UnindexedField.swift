import PointModel

/// A field that a filter looks at and no fitting index covers.
struct UnindexedField {
  let key: PayloadPath
  /// The types of which an index would do.
  let types: [PayloadIndexType]

  /// What an index must be able to answer.
  private enum Capability: CaseIterable {
    case integerMatch, integerRange, keywordMatch, keywordPrefix, floatRange, text, textPhrase
    case boolMatch, uuidMatch, datetimeRange, geo

    var type: PayloadIndexType {
      switch self {
      case .integerMatch, .integerRange: .integer
      case .keywordMatch, .keywordPrefix: .keyword
      case .floatRange: .float
      case .text, .textPhrase: .text
      case .boolMatch: .bool
      case .uuidMatch: .uuid
      case .datetimeRange: .datetime
      case .geo: .geo
      }
    }
  }

  /// The first such field of a filter; `nil` when every field is covered.
  static func first(
    in filter: Filter, inside prefix: PayloadPath? = nil,
    schema: (PayloadPath) -> PayloadFieldSchema?
  ) -> UnindexedField? {
    for condition in filter.conditions {
      if let field = first(in: condition, inside: prefix, schema: schema) { return field }
    }
    return nil
  }

  private static func first(
    in condition: Condition, inside prefix: PayloadPath?,
    schema: (PayloadPath) -> PayloadFieldSchema?
  ) -> UnindexedField? {
    switch condition {
    case .filter(let filter): return first(in: filter, inside: prefix, schema: schema)
    case .not(let inner): return first(in: inner, inside: prefix, schema: schema)
    case .nested(let key, let filter):
      return first(in: filter, inside: joined(prefix, key.everyElement), schema: schema)
    default: break
    }
    guard let key = condition.key else { return nil }
    return first(at: joined(prefix, key), demands(of: condition), schema)
  }

  /// The first such field of a formula.
  static func first(
    in expression: FormulaExpression, schema: (PayloadPath) -> PayloadFieldSchema?
  ) -> UnindexedField? {
    switch expression {
    case .payload(let key):
      return first(at: key, [.integerMatch, .integerRange, .floatRange], schema)
    case .geoDistance(_, let key): return first(at: key, [.geo], schema)
    case .datetimeKey(let key): return first(at: key, [.datetimeRange], schema)
    case .condition(let condition): return first(in: condition, inside: nil, schema: schema)
    default:
      for operand in expression.operands {
        if let field = first(in: operand, schema: schema) { return field }
      }
      return nil
    }
  }

  /// The field at `path`, unless nothing is wanted of its index, or it can do some of it.
  private static func first(
    at path: PayloadPath, _ wanted: [Capability], _ schema: (PayloadPath) -> PayloadFieldSchema?
  ) -> UnindexedField? {
    if wanted.isEmpty { return nil }
    let offered = schema(path).map { capabilities(of: $0.params) } ?? []
    if wanted.contains(where: offered.contains) { return nil }
    let types = Set(wanted.map(\.type)).sorted { $0.rawValue < $1.rawValue }
    return UnindexedField(key: path, types: types)
  }

  private static func joined(_ prefix: PayloadPath?, _ key: PayloadPath) -> PayloadPath {
    prefix.map { PayloadPath(steps: $0.steps + key.steps) } ?? key
  }

  /// What an index of a condition's field must be able to; any of these will do.
  private static func demands(of condition: Condition) -> [Capability] {
    switch condition {
    case .match(_, let match): demands(of: match)
    case .range: [.floatRange, .integerRange]
    case .datetimeRange: [.datetimeRange]
    case .geoBoundingBox, .geoRadius, .geoPolygon: [.geo]
    default: Capability.allCases
    }
  }

  private static func demands(of match: MatchCondition) -> [Capability] {
    switch match {
    case .value(let value): demands(of: [value])
    case .any(let values), .except(let values): demands(of: values)
    case .text, .textAny: [.text]
    case .phrase: [.textPhrase]
    case .prefix: [.keywordPrefix]
    }
  }

  /// Of no values nothing is demanded: such a condition is the same for all points.
  private static func demands(of values: some Collection<MatchValue>) -> [Capability] {
    switch values.first {
    case nil: return []
    case .integer, .unsigned: return [.integerMatch]
    case .bool: return [.boolMatch]
    case .string:
      let areUUIDs = values.allSatisfy { value in
        if case .string(let text) = value { PointUUID(text) != nil } else { false }
      }
      return areUUIDs ? [.uuidMatch, .keywordMatch] : [.keywordMatch]
    }
  }

  private static func capabilities(of params: PayloadIndexParams) -> [Capability] {
    switch params {
    case .keyword(let params):
      params.prefix ?? false ? [.keywordMatch, .keywordPrefix] : [.keywordMatch]
    case .integer(let params):
      (params.lookup ?? true ? [.integerMatch] : []) + (params.range ?? true ? [.integerRange] : [])
    case .float: [.floatRange]
    case .geo: [.geo]
    case .text(let params): params.phraseMatching ?? false ? [.text, .textPhrase] : [.text]
    case .bool: [.boolMatch]
    case .datetime: [.datetimeRange]
    case .uuid: [.uuidMatch]
    }
  }
}

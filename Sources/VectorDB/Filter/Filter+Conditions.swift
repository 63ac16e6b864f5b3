import PointModel

extension Filter {
  /// Every condition, those within others not counted.
  var conditions: [Condition] { must + mustNot + should + (minShould?.conditions ?? []) }

  /// How many conditions there are, those within others in their place.
  var conditionCount: Int {
    conditions.reduce(0) { $0 + $1.count }
  }

  /// The most values that one condition compares with.
  var largestCondition: Int {
    conditions.reduce(0) { max($0, $1.size) }
  }

  /// About the memory of what conditions compare with, in bytes.
  var heldBytes: Int {
    conditions.reduce(0) { $0.addingSaturating($1.heldBytes) }
  }

  /// The ids that conditions name.
  var namedIDs: Set<PointID> {
    conditions.reduce(into: []) { $0.formUnion($1.namedIDs) }
  }
}

extension Condition {
  /// The field that it looks at, when that is all it looks at.
  var key: PayloadPath? {
    switch self {
    case .match(let key, _), .range(let key, _), .datetimeRange(let key, _),
      .geoBoundingBox(let key, _), .geoRadius(let key, _), .geoPolygon(let key, _),
      .valuesCount(let key, _), .isEmpty(let key), .isNull(let key):
      key
    case .hasID, .hasVector, .slice, .nested, .filter, .not: nil
    }
  }

  /// The conditions that it is made of; `nil` for one that is made of none.
  private var inner: [Condition]? {
    switch self {
    case .filter(let filter), .nested(_, let filter): filter.conditions
    case .not(let condition): [condition]
    default: nil
    }
  }

  fileprivate var count: Int {
    inner.map { $0.reduce(0) { $0 + $1.count } } ?? 1
  }

  fileprivate var size: Int {
    switch self {
    case .match(_, .any(let values)), .match(_, .except(let values)): values.count
    case .hasID(let ids): ids.count
    default: inner?.reduce(0) { max($0, $1.size) } ?? 0
    }
  }

  fileprivate var heldBytes: Int {
    let path = (key?.steps ?? []).reduce(64) { sum, step in
      if case .key(let name) = step { sum + name.utf8.count } else { sum }
    }
    let values =
      switch self {
      case .match(_, .value(.string(let text))), .match(_, .text(let text)),
        .match(_, .textAny(let text)), .match(_, .phrase(let text)),
        .match(_, .prefix(let text)), .hasVector(let text):
        text.utf8.count
      case .match(_, .any(let values)), .match(_, .except(let values)):
        values.reduce(0) { sum, value in
          if case .string(let text) = value { sum + 32 + text.utf8.count } else { sum + 32 }
        }
      case .hasID(let ids): 32 * ids.count
      case .geoPolygon(_, let polygon):
        polygon.interiors.reduce(16 * polygon.exterior.count) { $0 + 16 * $1.count }
      default: inner?.reduce(0) { $0.addingSaturating($1.heldBytes) } ?? 0
      }
    return path.addingSaturating(values)
  }

  fileprivate var namedIDs: Set<PointID> {
    if case .hasID(let ids) = self { return ids }
    return inner?.reduce(into: []) { $0.formUnion($1.namedIDs) } ?? []
  }
}

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
}

extension Condition {
  fileprivate var count: Int {
    switch self {
    case .filter(let filter), .nested(_, let filter): filter.conditionCount
    case .not(let condition): condition.count
    default: 1
    }
  }

  fileprivate var size: Int {
    switch self {
    case .filter(let filter), .nested(_, let filter): filter.largestCondition
    case .not(let condition): condition.size
    case .match(_, .any(let values)), .match(_, .except(let values)): values.count
    case .hasID(let ids): ids.count
    default: 0
    }
  }
}

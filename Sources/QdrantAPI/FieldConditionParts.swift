package import PointModel

/// What a request demands of the values at one key, before it is one condition.
///
/// Of several conditions on one key, one must hold; but a count of values, and else what is said
/// of emptiness, leaves no say to the others, as in Qdrant.
package struct FieldConditionParts {
  private var conditions: [Condition] = []
  /// How many values there are to be; goes before all else.
  package var valuesCount: ValuesCount?
  /// Whether there is to be nothing.
  package var isEmpty: Bool?
  /// Whether there is to be a `null`.
  package var isNull: Bool?

  /// No demand yet.
  package init() {}

  /// Adds a condition, one of which must hold.
  package mutating func add(_ condition: Condition) { conditions.append(condition) }

  /// The one condition that they are.
  ///
  /// - Throws: a validation fault where there is no demand.
  package func condition(on key: PayloadPath) throws(DecodingFault) -> Condition {
    if let valuesCount { return .valuesCount(key: key, valuesCount) }
    if let isEmpty { return isEmpty ? .isEmpty(key: key) : .not(.isEmpty(key: key)) }
    if let isNull { return isNull ? .isNull(key: key) : .not(.isNull(key: key)) }
    guard let first = conditions.first else {
      throw .validation("At least one field condition must be specified")
    }
    return conditions.count == 1 ? first : .filter(Filter(should: conditions))
  }
}

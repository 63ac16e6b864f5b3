import PayloadIndex
import PointModel
import RowSets

/// Answers filters from payload indexes, and from where named points are, as far as they can.
///
/// Of conditions that must all hold, those that few rows can pass come first, and a condition that
/// would list many times more rows than are left is not looked up: those rows are tested instead. A
/// key of an index lists nothing: those rows are looked up in its set.
struct IndexedFilter {
  private let indexes: PayloadIndexView
  private let locations: [PointID: UInt32]?
  private let pace: PayloadPace

  /// A condition whose rows are so many times more than those that are left is not looked up…
  private static let wideFactor = 32
  /// …unless they are so few.
  private static let wideRows = 4096

  /// What a condition takes beside what it compares with, in steps of tens of nanoseconds.
  private static let stepsPerCondition = 32

  /// - Parameters:
  ///   - locations: the rows of all points that filters name and that exist; `nil` when they have
  ///     not been looked up.
  ///   - pace: ends what is asked early; the answer is of no use then.
  init(
    _ indexes: PayloadIndexView, locations: [PointID: UInt32]? = nil, _ pace: PayloadPace
  ) {
    self.indexes = indexes
    self.locations = locations
    self.pace = pace
  }

  func answer(_ filter: Filter) -> FilterAnswer {
    if indexes.isEmpty, locations == nil { return .unknown }
    var demands = filter.must.map { (condition: $0, isNegated: false) }
    demands += filter.mustNot.map { (condition: $0, isNegated: true) }
    var answer = self.answer(all: demands)
    if !filter.should.isEmpty { answer = answer.and(self.answer(any: filter.should)) }
    if let minShould = filter.minShould { answer = answer.and(self.answer(minShould)) }
    return answer
  }

  /// - Parameter candidates: if only these rows matter; of others, the answer may say anything.
  func answer(_ condition: Condition, among candidates: RowSet? = nil) -> FilterAnswer {
    guard pace.step(Self.stepsPerCondition) else { return .unknown }
    switch condition {
    case .filter(let filter): return answer(filter)
    case .not(let condition): return answer(condition).negated
    case .hasID(let ids):
      return locations.map { locations in
        FilterAnswer(exactly: RowSet(ids.compactMap { locations[$0] }))
      } ?? .unknown
    default:
      guard let key = condition.key, let field = indexes[key] else { return .unknown }
      return IndexedCondition(field, pace, among: candidates).answer(condition)
    }
  }

  /// The answer to a filter that demands one key alone, of an index that has the rows of each side
  /// by side: it takes hardly longer than an estimate. `nil` for others.
  func answer(toKey filter: Filter) -> FilterAnswer? {
    guard filter.must.count == 1, let condition = filter.must.first,
      filter.should.isEmpty, filter.mustNot.isEmpty, filter.minShould == nil,
      let key = condition.key, let field = indexes[key], field.index.segments.count == 1
    else { return nil }
    let indexed = IndexedCondition(field, pace)
    return indexed.asksKey(condition) ? indexed.answer(condition) : nil
  }

  /// At most how many rows can pass, without listing any; `nil` when that is not known.
  func estimate(_ filter: Filter) -> Int? {
    var least = filter.must.compactMap { estimate($0) }.min()
    if !filter.should.isEmpty, let some = estimate(any: filter.should) {
      least = min(least ?? some, some)
    }
    return least
  }

  func estimate(_ condition: Condition) -> Int? {
    guard pace.step(Self.stepsPerCondition) else { return nil }
    switch condition {
    case .filter(let filter): return estimate(filter)
    case .hasID(let ids): return ids.count
    default:
      guard let key = condition.key, let field = indexes[key] else { return nil }
      return IndexedCondition(field, pace).estimate(condition)
    }
  }

  // MARK: Combinations

  private func estimate(any conditions: [Condition]) -> Int? {
    var sum = 0
    for condition in conditions {
      guard let estimate = estimate(condition) else { return nil }
      sum += estimate
    }
    return sum
  }

  private func answer(all demands: [(condition: Condition, isNegated: Bool)]) -> FilterAnswer {
    // What is alone comes first.
    if demands.count == 1 {
      let only = answer(demands[0].condition)
      return demands[0].isNegated ? only.negated : only
    }
    let ordered = demands.map { demand in
      (demand, estimate: estimate(demand.condition) ?? .max)
    }.sorted { left, right in
      // What lists rows comes before what takes rows away.
      (left.0.isNegated ? 1 : 0, left.estimate) < (right.0.isNegated ? 1 : 0, right.estimate)
    }
    var answer = FilterAnswer(exactly: .all)
    for (demand, estimate) in ordered {
      if answer.possible.isNone { break }
      if isTooWide(estimate, for: answer), !asksRowByRow(demand.condition) {
        answer = answer.and(.unknown)
      } else {
        var candidates: RowSet?
        if case .only(let rows) = answer.possible { candidates = rows }
        let next = self.answer(demand.condition, among: candidates)
        answer = answer.and(demand.isNegated ? next.negated : next)
      }
    }
    return answer
  }

  private func asksRowByRow(_ condition: Condition) -> Bool {
    guard let key = condition.key, let field = indexes[key] else { return false }
    return IndexedCondition(field, pace).asksRowByRow(condition)
  }

  private func isTooWide(_ estimate: Int, for answer: FilterAnswer) -> Bool {
    guard case .only(let rows) = answer.possible, estimate < .max else { return false }
    return estimate > Self.wideRows && estimate / Self.wideFactor > rows.count
  }

  private func answer(any conditions: [Condition]) -> FilterAnswer {
    FilterAnswer.any(of: conditions) { answer($0) }
  }

  private func answer(_ minShould: Filter.MinShould) -> FilterAnswer {
    let conditions = minShould.conditions
    switch minShould.minimum {
    case ...0: return FilterAnswer(exactly: .all)
    case 1: return answer(any: conditions)
    case conditions.count: return answer(all: conditions.map { ($0, false) })
    case let minimum where minimum > conditions.count: return FilterAnswer(exactly: .none)
    default: return FilterAnswer(sure: .none, possible: answer(any: conditions).possible)
    }
  }
}

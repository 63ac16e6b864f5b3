import PointModel

/// A ``Filter`` made ready to be asked about many points.
struct CompiledFilter {
  private let must: [CompiledCondition]
  private let should: [CompiledCondition]
  private let mustNot: [CompiledCondition]
  private let minShould: (conditions: [CompiledCondition], minimum: Int)?

  /// - Parameter pace: ends it early; the filter is of no use then.
  init(_ filter: Filter, text: TextFields, _ pace: PayloadPace) {
    func compiled(_ conditions: [Condition]) -> [CompiledCondition] {
      conditions.map { CompiledCondition($0, text: text, pace) }
    }
    must = compiled(filter.must)
    should = compiled(filter.should)
    mustNot = compiled(filter.mustNot)
    minShould = filter.minShould.map { (compiled($0.conditions), $0.minimum) }
  }

  var needsPayload: Bool {
    [must, should, mustNot, minShould?.conditions ?? []].contains { conditions in
      conditions.contains(where: \.needsPayload)
    }
  }

  func passes(_ subject: FilterSubject) -> Bool {
    guard must.allSatisfy({ $0.holds(for: subject) }) else { return false }
    if mustNot.contains(where: { $0.holds(for: subject) }) { return false }
    if !should.isEmpty, !should.contains(where: { $0.holds(for: subject) }) { return false }
    if let minShould {
      var held = 0
      for condition in minShould.conditions where held < minShould.minimum {
        if condition.holds(for: subject) { held += 1 }
      }
      return held >= minShould.minimum
    }
    return true
  }
}

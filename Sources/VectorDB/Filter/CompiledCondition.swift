import FastJSON
import PointModel

/// A ``Condition`` made ready to be asked about many points.
indirect enum CompiledCondition {
  /// Some value at the key is as wanted; an array counts as each of its elements.
  case value(PayloadPath, ValueCheck)
  case text(PayloadPath, TextMatch)
  case valuesCount(PayloadPath, ValuesCount)
  case isEmpty(PayloadPath)
  case isNull(PayloadPath)
  case hasID(Set<PointID>)
  case hasVector(String)
  case slice(PointSlice)
  case nested(PayloadPath, CompiledFilter)
  case filter(CompiledFilter)
  case not(CompiledCondition)

  /// - Parameter pace: ends it early; the condition is of no use then.
  init(_ condition: Condition, text: TextFields, _ pace: PayloadPace) {
    _ = pace.step(16)
    switch condition {
    case .match(let key, let match):
      if let demand = TextMatch.Demand(match) {
        self = .text(key, TextMatch(demand, as: text[key], pace))
      } else {
        self = .value(key, ValueCheck(match))
      }
    case .range(let key, let range): self = .value(key, .range(range))
    case .datetimeRange(let key, let range): self = .value(key, .datetimeRange(range))
    case .geoBoundingBox(let key, let box): self = .value(key, .geoBoundingBox(box))
    case .geoRadius(let key, let circle): self = .value(key, .geoRadius(circle))
    case .geoPolygon(let key, let polygon): self = .value(key, .geoPolygon(polygon))
    case .valuesCount(let key, let count): self = .valuesCount(key, count)
    case .isEmpty(let key): self = .isEmpty(key)
    case .isNull(let key): self = .isNull(key)
    case .hasID(let ids): self = .hasID(ids)
    case .hasVector(let name): self = .hasVector(name)
    case .slice(let slice): self = .slice(slice)
    case .nested(let key, let filter):
      let elements = key.everyElement
      self = .nested(elements, CompiledFilter(filter, text: text.inside(elements), pace))
    case .filter(let filter): self = .filter(CompiledFilter(filter, text: text, pace))
    case .not(let condition): self = .not(CompiledCondition(condition, text: text, pace))
    }
  }

  var needsPayload: Bool {
    switch self {
    case .value, .text, .valuesCount, .isEmpty, .isNull, .nested: true
    case .hasID, .hasVector, .slice: false
    case .filter(let filter): filter.needsPayload
    case .not(let condition): condition.needsPayload
    }
  }

  func holds(for subject: FilterSubject) -> Bool {
    guard subject.pace.stepCondition() else { return false }
    switch self {
    case .hasID(let ids): return subject.point.map { ids.contains($0.id) } ?? false
    case .hasVector(let name): return subject.point?.hasVector(name) ?? false
    case .slice(let slice): return subject.point.map { slice.contains($0.id) } ?? false
    case .filter(let filter): return filter.passes(subject)
    case .not(let condition): return !condition.holds(for: subject)
    default: return subject.payload.map { holds(in: $0, subject.pace) } ?? false
    }
  }

  private func holds(in payload: JSONElement, _ pace: PayloadPace) -> Bool {
    switch self {
    case .value(let key, let check):
      return key.containsElement(in: payload) { pace.step(check.steps) && check.holds(for: $0) }
    case .text(let key, let match):
      return match.holds(at: key, in: payload, pace)
    case .valuesCount(let key, let count):
      var isThere = false
      let holds = key.contains(in: payload) { value in
        isThere = true
        return count.contains(value.valuesCount)
      }
      return isThere ? holds : count.contains(0)
    case .isEmpty(let key):
      return !key.contains(in: payload) { !$0.isEmptyValue }
    case .isNull(let key):
      return key.contains(in: payload) { $0.isNullValue }
    case .nested(let elements, let filter):
      return elements.contains(in: payload) { element in
        element.kind == .object
          && filter.passes(FilterSubject(payload: element, point: nil, pace: pace))
      }
    case .hasID, .hasVector, .slice, .filter, .not: return false
    }
  }
}

extension JSONElement {
  /// Whether this is `null` or `[]`.
  fileprivate var isEmptyValue: Bool { isNull || array?.isEmpty ?? false }

  /// Whether this is `null` or an array that holds one.
  fileprivate var isNullValue: Bool { isNull || array?.contains { $0.isNull } ?? false }

  /// How many values there are: elements of an array, none for `null`, otherwise one.
  fileprivate var valuesCount: UInt64 {
    if isNull { return 0 }
    return array.map { UInt64($0.count) } ?? 1
  }
}

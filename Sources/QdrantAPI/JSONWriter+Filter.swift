import FastJSON
import PointModel

extension JSONWriter {
  /// Writes a filter in wire form, empty parts left out.
  mutating func write(_ filter: Filter) {
    beginObject()
    writeConditions(filter.must, under: "must")
    writeConditions(filter.should, under: "should")
    writeConditions(filter.mustNot, under: "must_not")
    if let minShould = filter.minShould {
      key("min_should")
      beginObject()
      key("conditions")
      beginArray()
      for condition in minShould.conditions { write(condition) }
      endArray()
      key("min_count")
      integer(minShould.minimum)
      endObject()
    }
    endObject()
  }

  private mutating func writeConditions(_ conditions: [Condition], under name: StaticString) {
    if conditions.isEmpty { return }
    key(name)
    beginArray()
    for condition in conditions { write(condition) }
    endArray()
  }

  private mutating func write(_ condition: Condition) {
    if case .filter(let filter) = condition { return write(filter) }
    if case .not(let inner) = condition { return write(Filter(mustNot: [inner])) }
    beginObject()
    switch condition {
    case .filter, .not: break
    case .match(let path, let match):
      key("key")
      string(path.description)
      key("match")
      write(match)
    case .range(let path, let range):
      key("key")
      string(path.description)
      key("range")
      write(range)
    case .isEmpty(let path): writeField(path, under: "is_empty")
    case .isNull(let path): writeField(path, under: "is_null")
    case .hasID(let ids):
      key("has_id")
      beginArray()
      for id in ids.sorted() { write(id) }
      endArray()
    case .hasVector(let name):
      key("has_vector")
      string(name)
    }
    endObject()
  }

  private mutating func writeField(_ path: PayloadPath, under name: StaticString) {
    key(name)
    beginObject()
    key("key")
    string(path.description)
    endObject()
  }

  private mutating func write(_ match: MatchCondition) {
    beginObject()
    switch match {
    case .value(let value):
      key("value")
      write(value)
    case .any(let values): writeValues(values, under: "any")
    case .except(let values): writeValues(values, under: "except")
    }
    endObject()
  }

  private mutating func writeValues(_ values: Set<MatchValue>, under name: StaticString) {
    key(name)
    beginArray()
    for value in values { write(value) }
    endArray()
  }

  private mutating func write(_ value: MatchValue) {
    switch value {
    case .string(let value): string(value)
    case .integer(let value): integer(value)
    case .bool(let value): bool(value)
    }
  }

  private mutating func write(_ range: RangeCondition) {
    beginObject()
    writeBound(range.lessThan, under: "lt")
    writeBound(range.lessThanOrEqual, under: "lte")
    writeBound(range.greaterThan, under: "gt")
    writeBound(range.greaterThanOrEqual, under: "gte")
    endObject()
  }

  private mutating func writeBound(_ bound: Double?, under name: StaticString) {
    guard let bound else { return }
    key(name)
    double(bound)
  }
}

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

  mutating func write(_ condition: Condition) {
    if case .filter(let filter) = condition { return write(filter) }
    if case .not(let inner) = condition { return write(Filter(mustNot: [inner])) }
    beginObject()
    switch condition {
    case .filter, .not: break
    case .match(let path, let match):
      writeKey(path, "match")
      write(match)
    case .range(let path, let range):
      writeKey(path, "range")
      write(range) { $0.write($1) }
    case .datetimeRange(let path, let range):
      writeKey(path, "range")
      write(range) { $0.string($1.description) }
    case .geoBoundingBox(let path, let box):
      writeKey(path, "geo_bounding_box")
      write(box)
    case .geoRadius(let path, let circle):
      writeKey(path, "geo_radius")
      write(circle)
    case .geoPolygon(let path, let polygon):
      writeKey(path, "geo_polygon")
      write(polygon)
    case .valuesCount(let path, let count):
      writeKey(path, "values_count")
      write(count) { $0.integer($1) }
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
    case .slice(let slice):
      key("slice")
      write(slice)
    case .nested(let path, let filter):
      key("nested")
      beginObject()
      writeKey(path, "filter")
      write(filter)
      endObject()
    }
    endObject()
  }

  private mutating func writeKey(_ path: PayloadPath, _ member: StaticString) {
    key("key")
    string(path.description)
    key(member)
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
    case .text(let text): writeText(text, under: "text")
    case .textAny(let text): writeText(text, under: "text_any")
    case .phrase(let text): writeText(text, under: "phrase")
    case .prefix(let text): writeText(text, under: "prefix")
    }
    endObject()
  }

  private mutating func writeText(_ text: String, under name: StaticString) {
    key(name)
    string(text)
  }

  private mutating func writeValues(_ values: Set<MatchValue>, under name: StaticString) {
    key(name)
    beginArray()
    for value in values { write(value) }
    endArray()
  }

  mutating func write(_ value: MatchValue) {
    switch value {
    case .string(let value): string(value)
    case .integer(let value): integer(value)
    case .unsigned(let value): integer(value)
    case .bool(let value): bool(value)
    }
  }
}

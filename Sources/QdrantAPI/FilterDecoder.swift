import FastJSON
import PointModel

/// Reads filters. Nothing in a filter is ignored: a clause that is not understood is a fault.
enum FilterDecoder {
  private static let clauses = ["should", "min_should", "must", "must_not"]

  static func filter(_ body: FieldReader) throws(DecodingFault) -> Filter {
    try filter(body, of: .point)
  }

  /// One condition that is asked about points.
  static func condition(_ entry: FieldReader) throws(DecodingFault) -> Condition {
    try condition(entry, of: .point)
  }

  /// What a filter is about.
  private enum Subject {
    case point
    case nestedObject
  }

  private static func filter(
    _ body: FieldReader, of subject: Subject
  ) throws(DecodingFault) -> Filter {
    var filter = Filter()
    try body.forEachField(of: "a filter") { key, field throws(DecodingFault) in
      switch key {
      case "must": filter.must = try conditions(field, of: subject)
      case "should":
        filter.should = try conditions(field, of: subject)
        // In Qdrant, one of no conditions never holds for nested objects, and is no demand on
        // points.
        if subject == .nestedObject, filter.should.isEmpty, !field.isNull {
          filter.should = [.hasID([])]
        }
      case "must_not": filter.mustNot = try conditions(field, of: subject)
      case "min_should":
        filter.minShould = field.isNull ? nil : try minShould(field, of: subject)
      default: break
      }
    }
    try refuseUnknown(in: body, but: clauses)
    return filter
  }

  private static func minShould(
    _ body: FieldReader, of subject: Subject
  ) throws(DecodingFault) -> Filter.MinShould {
    let conditions = try body.required("conditions") { field throws(DecodingFault) in
      try field.map { entry throws(DecodingFault) in try condition(entry, of: subject) }
    }
    let minimum = try body.required("min_count") { field throws(DecodingFault) in
      try field.integer(from: 1)
    }
    try refuseUnknown(in: body, but: ["conditions", "min_count"])
    return Filter.MinShould(conditions: conditions, minimum: minimum)
  }

  /// A list of conditions, or one without a list.
  private static func conditions(
    _ field: FieldReader, of subject: Subject
  ) throws(DecodingFault) -> [Condition] {
    switch field.element.kind {
    case .null: return []
    case .array:
      return try field.map { entry throws(DecodingFault) in try condition(entry, of: subject) }
    default: return [try condition(field, of: subject)]
    }
  }

  private static func condition(
    _ entry: FieldReader, of subject: Subject
  ) throws(DecodingFault) -> Condition {
    guard let object = entry.element.object else { throw entry.unexpected("a condition") }
    if object["key"] != nil { return try FieldConditionDecoder.condition(entry) }
    if object.isEmpty { return .filter(Filter()) }
    if object.contains(where: { clauses.contains($0.key) }) {
      return .filter(try filter(entry, of: subject))
    }
    guard object.count == 1, let (name, value) = object.first(where: { _ in true }) else {
      throw .format("data did not match any variant of untagged enum Condition")
    }
    do throws(DecodingFault) {
      return try namedCondition(name, FieldReader(value))
    } catch {
      throw error.under(name)
    }
  }

  /// A condition that is an object of one member.
  private static func namedCondition(
    _ name: String, _ field: FieldReader
  ) throws(DecodingFault) -> Condition {
    switch name {
    case "is_empty": return .isEmpty(key: try payloadField(field))
    case "is_null": return .isNull(key: try payloadField(field))
    case "has_id":
      return .hasID(Set(try field.map { id throws(DecodingFault) in try id.pointID() }))
    case "has_vector": return .hasVector(try field.string())
    case "nested": return try nested(field)
    case "slice": return .slice(try slice(field))
    default: throw .format("data did not match any variant of untagged enum Condition")
    }
  }

  private static func nested(_ field: FieldReader) throws(DecodingFault) -> Condition {
    let key = try field.required("key") { key throws(DecodingFault) in try key.payloadPath() }
    let inner = try field.required("filter") { body throws(DecodingFault) in
      try filter(body, of: .nestedObject)
    }
    try refuseUnknown(in: field, but: ["key", "filter"])
    return .nested(key: key, inner)
  }

  private static func slice(_ field: FieldReader) throws(DecodingFault) -> PointSlice {
    let total = try field.required("total") { total throws(DecodingFault) in
      try total.integer(.u32)
    }
    let index = try field.required("index") { index throws(DecodingFault) in
      try index.integer(.u32)
    }
    try refuseUnknown(in: field, but: ["total", "index"])
    guard total > 0 else {
      throw DecodingFault.format("invalid value: integer `0`, expected a nonzero u32")
        .under("total")
    }
    guard index < total else { throw .validation("index must be less than total") }
    return PointSlice(total: UInt32(total), index: UInt32(index))
  }

  private static func payloadField(_ field: FieldReader) throws(DecodingFault) -> PayloadPath {
    let path = try field.required("key") { key throws(DecodingFault) in try key.payloadPath() }
    try refuseUnknown(in: field, but: ["key"])
    return path
  }

  /// Refuses members of an object that are neither among `known` nor called `name`, unless they
  /// are `null`.
  static func refuseUnknown(
    in body: FieldReader, but known: [String], beside name: String? = nil
  ) throws(DecodingFault) {
    guard let object = body.element.object else { return }
    for (key, value) in object where !known.contains(key) && key != name && !value.isNull {
      throw .format("unknown field `\(key)`, expected \(FieldReader.alternatives(known))")
    }
  }
}

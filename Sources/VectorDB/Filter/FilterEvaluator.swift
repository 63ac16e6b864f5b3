import FastJSON
import PointModel

/// Decides whether a point passes a filter, by Qdrant's rules for values that are missing,
/// `null`, arrays or of another type.
struct FilterEvaluator {
  let filter: Filter
  /// Whether some condition looks into payloads; otherwise they need not be read.
  let needsPayload: Bool

  init(_ filter: Filter) {
    self.filter = filter
    self.needsPayload = Self.needsPayload(filter)
  }

  /// What conditions may ask about a point.
  struct Subject {
    let id: PointID
    /// The parsed payload; may be `nil` when ``FilterEvaluator/needsPayload`` is `false`.
    let payload: JSONElement?
    let hasVector: (String) -> Bool
  }

  /// Parses `payload` when the filter needs it, and evaluates.
  func passes(
    id: PointID, payload: UnsafeRawBufferPointer, hasVector: @escaping (String) -> Bool
  ) throws(CollectionError) -> Bool {
    guard needsPayload else {
      return passes(Subject(id: id, payload: nil, hasVector: hasVector))
    }
    let document: JSONDocument
    do {
      document = try JSONDocument(parsing: payload)
    } catch {
      throw .storage("the payload of point \(id) is damaged: \(error.message)")
    }
    return passes(Subject(id: id, payload: document.root, hasVector: hasVector))
  }

  func passes(_ subject: Subject) -> Bool { Self.passes(filter, subject) }

  private static func passes(_ filter: Filter, _ subject: Subject) -> Bool {
    if !filter.must.allSatisfy({ holds($0, subject) }) { return false }
    if filter.mustNot.contains(where: { holds($0, subject) }) { return false }
    if !filter.should.isEmpty, !filter.should.contains(where: { holds($0, subject) }) {
      return false
    }
    if let minShould = filter.minShould {
      let held = minShould.conditions.count { holds($0, subject) }
      if held < minShould.minimum { return false }
    }
    return true
  }

  private static func holds(_ condition: Condition, _ subject: Subject) -> Bool {
    switch condition {
    case .match(let key, let match):
      return anyScalar(at: key, subject) { matches($0, match) }
    case .range(let key, let range):
      return anyScalar(at: key, subject) { value in
        guard let number = value.double else { return false }
        return range.contains(number)
      }
    case .isEmpty(let key):
      guard let payload = subject.payload else { return true }
      return !key.contains(in: payload) { value in
        !(value.isNull || value.array?.count == 0)
      }
    case .isNull(let key):
      guard let payload = subject.payload else { return false }
      return key.contains(in: payload) { value in
        value.isNull || value.array?.contains { $0.isNull } ?? false
      }
    case .hasID(let ids): return ids.contains(subject.id)
    case .hasVector(let name): return subject.hasVector(name)
    case .filter(let filter): return passes(filter, subject)
    case .not(let condition): return !holds(condition, subject)
    }
  }

  /// A payload array counts as each of its elements.
  private static func anyScalar(
    at key: PayloadPath, _ subject: Subject, _ predicate: (JSONElement) -> Bool
  ) -> Bool {
    guard let payload = subject.payload else { return false }
    return key.contains(in: payload) { value in
      if let array = value.array { return array.contains(where: predicate) }
      return predicate(value)
    }
  }

  private static func matches(_ value: JSONElement, _ match: MatchCondition) -> Bool {
    switch match {
    case .value(let wanted): return scalar(value) == wanted
    case .any(let wanted):
      guard let scalar = scalar(value) else { return false }
      return wanted.contains(scalar)
    case .except(let unwanted):
      if value.isNull { return false }
      guard let scalar = scalar(value) else { return true }
      return !unwanted.contains(scalar)
    }
  }

  private static func scalar(_ value: JSONElement) -> MatchValue? {
    switch value.kind {
    case .string: value.string.map(MatchValue.string)
    case .integer: value.int64.map(MatchValue.integer)
    case .bool: value.bool.map(MatchValue.bool)
    case .null, .unsigned, .double, .array, .object: nil
    }
  }

  private static func needsPayload(_ filter: Filter) -> Bool {
    (filter.must + filter.should + filter.mustNot + (filter.minShould?.conditions ?? []))
      .contains(where: needsPayload)
  }

  private static func needsPayload(_ condition: Condition) -> Bool {
    switch condition {
    case .match, .range, .isEmpty, .isNull: true
    case .hasID, .hasVector: false
    case .filter(let filter): needsPayload(filter)
    case .not(let condition): needsPayload(condition)
    }
  }
}

extension JSONElement {
  /// The value as a tree of its own. Of members with the same key, the first position and the last
  /// value remain.
  public var value: JSONValue {
    document.withTape { tape in
      switch tape.kind(at: index) {
      case .null: return .null
      case .bool: return .bool(tape.isTrue(at: index))
      case .integer: return .integer(tape.integer(at: index))
      case .unsigned: return .unsigned(tape.unsigned(at: index))
      case .double: return .double(tape.double(at: index))
      case .string: return .string(tape.string(at: index))
      case .array: return .array(JSONArray(document: document, index: index).map(\.value))
      case .object:
        let members = JSONObject(document: document, index: index)
        return .object(JSONObjectValue(members.lazy.map { ($0.key, $0.value.value) }))
      }
    }
  }
}

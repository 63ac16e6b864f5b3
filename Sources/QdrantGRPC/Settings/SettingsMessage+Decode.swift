import FastJSON
import PointModel
import ProtoWire
import QdrantAPI

extension SettingsMessage {
  /// The JSON that a message stands for.
  func json(_ message: ProtoMessage) throws(DecodingFault) -> JSONValue {
    var object = JSONObjectValue()
    var entries: [String: [ProtoMessage]] = [:]
    var this: String?
    var last: (key: String, value: JSONValue)?
    try message.read { field throws(DecodingFault) in
      guard let known = fields.first(where: { $0.number == field.number }) else { return }
      if case .values = known.type {
        entries[known.key, default: []].append(try field.message())
        return
      }
      if case .name(let name) = known.type {
        this = name
        return
      }
      guard let value = try Self.value(field, known, before: object[known.key]) else { return }
      object[known.key] = value
      last = (known.key, value)
    }
    for field in fields where field.isImplicit && object[field.key] == nil {
      if case .choice(let names) = field.type { object[field.key] = .string(names[0]) }
    }
    for (key, entries) in entries { object[key] = .object(try PayloadMessages.object(entries)) }
    switch form {
    case .object: return this.map { .string($0) } ?? .object(object)
    case .wrapper: return last?.value ?? .object(object)
    case .tagged:
      guard let last else { return .null }
      var tagged: JSONObjectValue = ["type": .string(last.key)]
      if case .object(let members) = last.value { tagged.merge(members) }
      return .object(tagged)
    }
  }

  /// The value of one field; `nil` for none. Lists and maps add to what was there `before`.
  private static func value(
    _ field: MessageField, _ known: Field, before: JSONValue?
  ) throws(DecodingFault) -> JSONValue? {
    switch known.type {
    case .unsigned: return JSONValue(try field.uint64())
    case .bool: return .bool(try field.bool())
    case .float: return .double(Double(try field.float()))
    case .double: return .double(try field.double())
    case .string: return .string(try field.string())
    case .strings:
      var strings: [JSONValue] = []
      if case .array(let known)? = before { strings = known }
      strings.append(.string(try field.string()))
      return .array(strings)
    case .choice(let names):
      let number = Int(try field.choice())
      guard names.indices.contains(number) else {
        throw .format("\(known.key): \(number) is none of its values")
      }
      return names[number].isEmpty ? nil : .string(names[number])
    case .message(let table): return try table().json(try field.message())
    case .flag:
      _ = try field.message()
      return .bool(true)
    case .unnamed(let table): return .object(["": try table().json(try field.message())])
    case .map(let table):
      var object = JSONObjectValue()
      if case .object(let known)? = before { object = known }
      var name = ""
      var value = JSONValue.object(.init())
      try field.message().read { entry throws(DecodingFault) in
        switch entry.number {
        case 1: name = try entry.string()
        case 2: value = try table().json(try entry.message())
        default: break
        }
      }
      object[name] = value
      return .object(object)
    case .name, .values: return nil
    }
  }
}

extension JSONValue {
  /// An integer without a sign.
  fileprivate init(_ integer: UInt64) {
    if let signed = Int64(exactly: integer) {
      self = .integer(signed)
    } else {
      self = .unsigned(integer)
    }
  }
}

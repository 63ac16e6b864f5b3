import FastJSON
import ProtoWire

extension SettingsMessage {
  /// Writes the fields that a JSON value stands for. What the table does not know is left out.
  func write(_ value: JSONValue, to writer: inout ProtoWriter) {
    switch form {
    case .object:
      guard case .object(let object) = value else { return write(text: value, to: &writer) }
      for (key, member) in object {
        guard let field = fields.first(where: { $0.key == key }) else { continue }
        Self.write(member, field, to: &writer)
      }
    case .wrapper(let number):
      let chosen = number(value.shape)
      guard let field = fields.first(where: { $0.number == chosen }) else { return }
      Self.write(value, field, to: &writer)
    case .tagged:
      guard case .object(let object) = value, case .string(let type)? = object["type"],
        let field = fields.first(where: { $0.key == type })
      else { return }
      Self.write(value, field, to: &writer)
    }
  }

  private func write(text value: JSONValue, to writer: inout ProtoWriter) {
    guard case .string(let text) = value else { return }
    for field in fields {
      if case .name(let name) = field.type, name == text {
        return writer.message(field.number) { _ in }
      }
      if case .strings = field.type { return writer.string(field.number, text) }
    }
  }

  private static func write(_ value: JSONValue, _ field: Field, to writer: inout ProtoWriter) {
    if value == .null { return }
    switch (field.type, value) {
    case (.unsigned, .integer(let number)): writer.varint(field.number, number)
    case (.unsigned, .unsigned(let number)): writer.varint(field.number, number)
    case (.bool, .bool(let flag)): writer.bool(field.number, flag)
    case (.float, let number): writer.float(field.number, Float(number.number ?? 0))
    case (.double, let number): writer.double(field.number, number.number ?? 0)
    case (.string, .string(let text)): writer.string(field.number, text)
    case (.strings, .array(let texts)):
      for case .string(let text) in texts { writer.string(field.number, text) }
    case (.strings, .string(let text)): writer.string(field.number, text)
    case (.choice(let names), .string(let name)):
      if let number = names.firstIndex(of: name) { writer.varint(field.number, UInt64(number)) }
    case (.message(let table), _):
      writer.message(field.number) { table().write(value, to: &$0) }
    case (.unnamed(let table), .object(let object)):
      if let value = object[""] {
        writer.message(field.number) { table().write(value, to: &$0) }
      }
    case (.flag, .bool(true)): writer.message(field.number) { _ in }
    case (.map(let table), .object(let object)):
      for (name, value) in object {
        writer.message(field.number) { entry in
          entry.string(1, name)
          entry.message(2) { table().write(value, to: &$0) }
        }
      }
    case (.values, .object(let object)): writer.entries(field.number, object)
    default: break
    }
  }
}

extension JSONValue {
  fileprivate var shape: SettingsMessage.JSONShape {
    switch self {
    case .object(let object): .object(keys: object.map(\.key))
    case .string(let text): .string(text)
    default: .other
    }
  }

  fileprivate var number: Double? {
    switch self {
    case .integer(let integer): Double(integer)
    case .unsigned(let unsigned): Double(unsigned)
    case .double(let double): double
    default: nil
    }
  }
}

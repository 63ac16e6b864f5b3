import FastJSON
import PointModel
import ProtoWire

extension ProtoWriter {
  /// Writes the members of a payload as the entries of a map.
  mutating func payload(_ field: UInt32, _ payload: Payload, _ parser: inout JSONRecordParser) {
    if payload.isEmpty { return }
    // What the engine holds is normalised JSON: it has been parsed before.
    let object = payload.json.withUnsafeBytes { try? parser.parse($0).object }
    if let object { entries(field, object) }
  }

  /// Writes the members of an object as the entries of a map from strings to values.
  mutating func entries(_ field: UInt32, _ object: JSONObject) {
    for (key, value) in object {
      message(field) { entry in
        entry.string(1, key)
        entry.message(2) { $0.value(value) }
      }
    }
  }

  /// Writes the members of an object as the entries of a map from strings to values.
  mutating func entries(_ field: UInt32, _ object: JSONObjectValue) {
    for (key, value) in object {
      message(field) { entry in
        entry.string(1, key)
        entry.message(2) { $0.value(value) }
      }
    }
  }

  /// Writes a value; integers beyond `Int64` become doubles, since there is no field for them.
  private mutating func value(_ element: JSONElement) {
    switch element.kind {
    case .null: varint(1, 0 as UInt64)
    case .bool: bool(5, element.bool ?? false)
    case .integer: varint(3, element.int64 ?? 0)
    case .unsigned, .double: double(2, element.double ?? 0)
    case .string:
      let written: Void? = element.withUTF8 { bytes(4, UnsafeRawBufferPointer($0)) }
      if written == nil { string(4, "") }
    case .object:
      message(6) { if let object = element.object { $0.entries(1, object) } }
    case .array:
      message(7) { list in
        for entry in element.array.map(Array.init) ?? [] {
          list.message(1) { $0.value(entry) }
        }
      }
    }
  }

  private mutating func value(_ value: JSONValue) {
    switch value {
    case .null: varint(1, 0 as UInt64)
    case .bool(let value): bool(5, value)
    case .integer(let value): varint(3, value)
    case .unsigned(let value): double(2, Double(value))
    case .double(let value): double(2, value)
    case .string(let value): string(4, value)
    case .object(let object): message(6) { $0.entries(1, object) }
    case .array(let values):
      message(7) { list in
        for entry in values { list.message(1) { $0.value(entry) } }
      }
    }
  }
}

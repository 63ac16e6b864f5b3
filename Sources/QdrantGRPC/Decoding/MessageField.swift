import ProtoWire
import QdrantAPI

/// One field of a request's message, read with the faults that clients see.
struct MessageField {
  private let field: ProtoField

  init(_ field: ProtoField) {
    self.field = field
  }

  var number: UInt32 { field.number }

  func uint64() throws(DecodingFault) -> UInt64 {
    try read { field throws(ProtoError) in try field.uint64() }
  }

  func int64() throws(DecodingFault) -> Int64 {
    try read { field throws(ProtoError) in try field.int64() }
  }

  func uint32() throws(DecodingFault) -> UInt32 {
    try read { field throws(ProtoError) in try field.uint32() }
  }

  /// The number of an enumeration's case.
  func choice() throws(DecodingFault) -> Int32 {
    try read { field throws(ProtoError) in try field.int32() }
  }

  func bool() throws(DecodingFault) -> Bool {
    try read { field throws(ProtoError) in try field.bool() }
  }

  func float() throws(DecodingFault) -> Float {
    try read { field throws(ProtoError) in try field.float() }
  }

  func double() throws(DecodingFault) -> Double {
    try read { field throws(ProtoError) in try field.double() }
  }

  func string() throws(DecodingFault) -> String {
    try read { field throws(ProtoError) in try field.string() }
  }

  func message() throws(DecodingFault) -> ProtoMessage {
    try read { field throws(ProtoError) in try field.message() }
  }

  func append(to list: inout [Float]) throws(DecodingFault) {
    do throws(ProtoError) { try field.append(to: &list) } catch { throw .wire(error) }
  }

  func append(to list: inout [UInt32]) throws(DecodingFault) {
    do throws(ProtoError) { try field.append(to: &list) } catch { throw .wire(error) }
  }

  func append(to list: inout [Int64]) throws(DecodingFault) {
    do throws(ProtoError) { try field.append(to: &list) } catch { throw .wire(error) }
  }

  private func read<Value>(
    _ body: (ProtoField) throws(ProtoError) -> Value
  ) throws(DecodingFault) -> Value {
    do throws(ProtoError) {
      return try body(field)
    } catch {
      throw .wire(error)
    }
  }
}

extension MessageField {
  /// A number of at least `minimum`, as an integer of the engine's.
  func integer(from minimum: UInt64 = 0, at key: String) throws(DecodingFault) -> Int {
    let value = try uint64()
    guard value >= minimum else {
      throw DecodingFault.validation("value \(value) invalid, must be \(minimum) or larger")
        .under(key)
    }
    return Int(clamping: value)
  }

  /// What `body` makes of the message, with faults that are seen from `key`.
  func message<Value>(
    at key: String, _ body: (ProtoMessage) throws(DecodingFault) -> Value
  ) throws(DecodingFault) -> Value {
    let message = try message()
    do throws(DecodingFault) {
      return try body(message)
    } catch {
      throw error.under(key)
    }
  }

  /// Appends what `body` makes of the message, one of a list at `key`.
  func append<Value>(
    to list: inout [Value], at key: String,
    _ body: (ProtoMessage) throws(DecodingFault) -> Value
  ) throws(DecodingFault) {
    let message = try message()
    do throws(DecodingFault) {
      list.append(try body(message))
    } catch {
      throw error.under(list.count).under(key)
    }
  }
}

extension ProtoMessage {
  /// Passes every field, in the order of the wire.
  func read(
    _ body: (MessageField) throws(DecodingFault) -> Void
  ) throws(DecodingFault) {
    try forEachField(fault: DecodingFault.wire) { field throws(DecodingFault) in
      try body(MessageField(field))
    }
  }
}

extension DecodingFault {
  /// For bytes that are no message.
  static func wire(_ error: ProtoError) -> DecodingFault {
    .malformed("failed to decode Protobuf message: \(error)")
  }
}

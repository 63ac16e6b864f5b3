/// A message in the wire format of Protocol Buffers, as its fields lie in a buffer.
///
/// Nothing is copied or checked until a field is asked for; fields that nobody asks for are passed
/// over. Reading costs no allocation. The buffer must outlive the message and all that is taken
/// from it.
///
/// The format is that of <https://protobuf.dev/programming-guides/encoding>.
public struct ProtoMessage {
  private let bytes: UnsafeRawBufferPointer
  /// How many more levels of messages may lie within this one.
  private let depthLeft: Int

  /// Levels of messages within messages.
  public static let depthMax = 100

  /// The message that fills `bytes`.
  public init(_ bytes: UnsafeRawBufferPointer) {
    self.init(bytes, depthLeft: Self.depthMax)
  }

  init(_ bytes: UnsafeRawBufferPointer, depthLeft: Int) {
    self.bytes = bytes
    self.depthLeft = depthLeft
  }

  /// Passes the bytes of the message on the wire.
  public func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) { body(bytes) }

  /// Passes every field, in the order of the wire; groups are passed over.
  ///
  /// - Throws: ``ProtoError`` for bytes that are no message, and what `body` throws.
  @inlinable
  public func forEachField<Failure: Error>(
    fault: (ProtoError) -> Failure, _ body: (ProtoField) throws(Failure) -> Void
  ) throws(Failure) {
    var reader = fields
    while true {
      let field: ProtoField?
      do throws(ProtoError) {
        field = try reader.next()
      } catch {
        throw fault(error)
      }
      guard let field else { return }
      try body(field)
    }
  }

  /// Passes every field, in the order of the wire; groups are passed over.
  ///
  /// - Throws: ``ProtoError`` for bytes that are no message, and what `body` throws.
  @inlinable
  public func forEachField(_ body: (ProtoField) throws(ProtoError) -> Void) throws(ProtoError) {
    var reader = fields
    while let field = try reader.next() { try body(field) }
  }

  /// The fields, one after the other.
  public var fields: ProtoFields { ProtoFields(bytes, depthLeft: depthLeft) }
}

/// The fields of a message, taken one by one.
public struct ProtoFields {
  private var cursor: ProtoCursor
  private let depthLeft: Int

  init(_ bytes: UnsafeRawBufferPointer, depthLeft: Int) {
    self.cursor = ProtoCursor(bytes)
    self.depthLeft = depthLeft
  }

  /// The next field; `nil` at the end.
  ///
  /// - Throws: ``ProtoError`` for bytes that are no field.
  public mutating func next() throws(ProtoError) -> ProtoField? {
    while !cursor.isAtEnd {
      let (number, type) = try cursor.tag()
      switch type {
      case 0: return ProtoField(number, .varint(try cursor.varint()), depthLeft)
      case 1: return ProtoField(number, .fixed64(try cursor.fixed(UInt64.self)), depthLeft)
      case 2: return ProtoField(number, .bytes(try cursor.delimited()), depthLeft)
      case 3: try passGroup(number)
      case 5: return ProtoField(number, .fixed32(try cursor.fixed(UInt32.self)), depthLeft)
      default: throw .invalidWireType(type)
      }
    }
    return nil
  }

  /// Passes over the rest of a group, and of the groups within it.
  private mutating func passGroup(_ outermost: UInt32) throws(ProtoError) {
    var open = [outermost]
    while let innermost = open.last {
      let (number, type) = try cursor.tag()
      switch type {
      case 0: _ = try cursor.varint()
      case 1: _ = try cursor.fixed(UInt64.self)
      case 2: _ = try cursor.delimited()
      case 3:
        guard open.count < depthLeft else { throw .tooDeep }
        open.append(number)
      case 4:
        guard number == innermost else { throw .invalidWireType(type) }
        open.removeLast()
      case 5: _ = try cursor.fixed(UInt32.self)
      default: throw .invalidWireType(type)
      }
    }
  }
}

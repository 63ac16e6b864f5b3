/// A place in a buffer, and the pieces of the wire format that are read from it.
struct ProtoCursor {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { position == bytes.count }

  /// The number of a field, and how its value is written.
  mutating func tag() throws(ProtoError) -> (number: UInt32, type: UInt8) {
    let tag = try varint()
    guard let number = UInt32(exactly: tag >> 3), (1..<1 << 29).contains(number) else {
      throw .invalidTag
    }
    return (number, UInt8(tag & 7))
  }

  /// A number of seven bits a byte, the lowest first.
  mutating func varint() throws(ProtoError) -> UInt64 {
    guard position < bytes.count else { throw .truncated }
    let first = bytes[position]
    position += 1
    if first < 0x80 { return UInt64(first) }
    var value = UInt64(first & 0x7f)
    var shift: UInt64 = 7
    while true {
      guard position < bytes.count else { throw .truncated }
      let byte = bytes[position]
      position += 1
      // Of the tenth byte only one bit fits.
      if shift == 63, byte > 1 { throw .overlongVarint }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  /// A little-endian number of fixed width.
  mutating func fixed<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ type: Integer.Type
  ) throws(ProtoError) -> Integer {
    let width = MemoryLayout<Integer>.size
    guard bytes.count - position >= width else { throw .truncated }
    defer { position += width }
    return Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: type))
  }

  /// Bytes behind their count.
  mutating func delimited() throws(ProtoError) -> UnsafeRawBufferPointer {
    guard let count = Int(exactly: try varint()), count <= bytes.count - position else {
      throw .truncated
    }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }
}

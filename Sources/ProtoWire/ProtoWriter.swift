/// Writes a message in the wire format of Protocol Buffers by appending to a byte array.
///
/// As the third edition of the language has it, numbers that are 0, empty strings and empty lists
/// are left out by the methods that say so; a field that tells presence is written by the others.
public struct ProtoWriter: Sendable {
  /// The message so far.
  public private(set) var bytes: [UInt8] = []

  /// An empty message with room for this many bytes.
  public init(reservingCapacity capacity: Int = 0) {
    bytes.reserveCapacity(capacity)
  }

  /// The message so far, which begins anew: for messages that are handed on piece by piece.
  public mutating func takeBytes() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }

  // MARK: Numbers

  /// Writes a `uint64`, `uint32` or the number of an enumeration's case.
  public mutating func varint(_ field: UInt32, _ value: UInt64) {
    tag(field, 0)
    append(varint: value)
  }

  /// Writes an `int64` or `int32`.
  public mutating func varint(_ field: UInt32, _ value: Int64) {
    varint(field, UInt64(bitPattern: value))
  }

  /// Writes a number that is not 0.
  public mutating func varintUnlessZero(_ field: UInt32, _ value: UInt64) {
    if value != 0 { varint(field, value) }
  }

  /// Writes a `bool`.
  public mutating func bool(_ field: UInt32, _ value: Bool) {
    varint(field, value ? 1 as UInt64 : 0)
  }

  /// Writes a `float`.
  public mutating func float(_ field: UInt32, _ value: Float) {
    tag(field, 5)
    append(fixed: value.bitPattern)
  }

  /// Writes a `double`.
  public mutating func double(_ field: UInt32, _ value: Double) {
    tag(field, 1)
    append(fixed: value.bitPattern)
  }

  // MARK: Bytes

  /// Writes a `string`.
  public mutating func string(_ field: UInt32, _ value: String) {
    var value = value
    value.withUTF8 { bytes(field, UnsafeRawBufferPointer($0)) }
  }

  /// Writes a string that is not empty.
  public mutating func stringUnlessEmpty(_ field: UInt32, _ value: String) {
    if !value.isEmpty { string(field, value) }
  }

  /// Writes a `bytes`, or a string or message that is encoded already.
  public mutating func bytes(_ field: UInt32, _ value: UnsafeRawBufferPointer) {
    tag(field, 2)
    append(varint: UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  /// Appends the fields of a message that was read.
  public mutating func append(_ message: ProtoMessage) {
    message.withBytes { bytes.append(contentsOf: $0) }
  }

  /// Writes what goes before a message of so many bytes, which are to follow.
  public mutating func beginMessage(_ field: UInt32, of count: Int) {
    tag(field, 2)
    append(varint: UInt64(count))
  }

  /// Writes a message.
  ///
  /// Its length goes before it and is known after it: so what `body` has written moves by a few
  /// bytes, unless it is shorter than 128.
  public mutating func message<Failure: Error>(
    _ field: UInt32, _ body: (inout ProtoWriter) throws(Failure) -> Void
  ) throws(Failure) {
    tag(field, 2)
    let start = bytes.count
    bytes.append(0)
    try body(&self)
    let count = bytes.count - start - 1
    if count < 0x80 {
      bytes[start] = UInt8(count)
    } else {
      bytes.replaceSubrange(start...start, with: Self.encoded(varint: UInt64(count)))
    }
  }

  // MARK: Lists

  /// Writes a packed `repeated float`; nothing for an empty one.
  public mutating func packed(_ field: UInt32, _ values: some Sequence<Float>) {
    let written: Void? = values.withContiguousStorageIfAvailable { floats(field, $0) }
    if written == nil { Array(values).withUnsafeBufferPointer { floats(field, $0) } }
  }

  private mutating func floats(_ field: UInt32, _ values: UnsafeBufferPointer<Float>) {
    // Little-endian, as is every machine that this runs on.
    if !values.isEmpty { bytes(field, UnsafeRawBufferPointer(values)) }
  }

  /// Writes a packed `repeated uint32`; nothing for an empty one.
  public mutating func packed(_ field: UInt32, _ values: [UInt32]) {
    if values.isEmpty { return }
    message(field) { writer in
      for value in values { writer.append(varint: UInt64(value)) }
    }
  }

  // MARK: Wire

  private mutating func tag(_ field: UInt32, _ type: UInt64) {
    append(varint: UInt64(field) << 3 | type)
  }

  private mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func append(fixed value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private static func encoded(varint value: UInt64) -> [UInt8] {
    var writer = ProtoWriter()
    writer.append(varint: value)
    return writer.bytes
  }
}

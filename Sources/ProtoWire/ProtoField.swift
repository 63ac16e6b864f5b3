/// One field of a message: its number, and what the wire has of its value.
///
/// What type the value has only the reader knows; every way of asking throws
/// ``ProtoError/unexpectedWireType(field:)`` where the wire cannot hold that type.
public struct ProtoField {
  /// The field's number in its message.
  public let number: UInt32
  private let value: WireValue
  private let depthLeft: Int

  enum WireValue {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    case bytes(UnsafeRawBufferPointer)
  }

  init(_ number: UInt32, _ value: WireValue, _ depthLeft: Int) {
    self.number = number
    self.value = value
    self.depthLeft = depthLeft
  }

  private var mismatch: ProtoError { .unexpectedWireType(field: number) }

  // MARK: Numbers

  /// A `uint64`.
  public func uint64() throws(ProtoError) -> UInt64 {
    guard case .varint(let value) = value else { throw mismatch }
    return value
  }

  /// An `int64`, whose negative numbers have ten bytes.
  public func int64() throws(ProtoError) -> Int64 { Int64(bitPattern: try uint64()) }

  /// A `uint32`; higher bits are dropped, as every reader does.
  public func uint32() throws(ProtoError) -> UInt32 { UInt32(truncatingIfNeeded: try uint64()) }

  /// An `int32` or the number of an enumeration's case; higher bits are dropped.
  public func int32() throws(ProtoError) -> Int32 { Int32(truncatingIfNeeded: try int64()) }

  /// A `bool`: whether the number is not 0.
  public func bool() throws(ProtoError) -> Bool { try uint64() != 0 }

  /// A `float`.
  public func float() throws(ProtoError) -> Float {
    guard case .fixed32(let bits) = value else { throw mismatch }
    return Float(bitPattern: bits)
  }

  /// A `double`.
  public func double() throws(ProtoError) -> Double {
    guard case .fixed64(let bits) = value else { throw mismatch }
    return Double(bitPattern: bits)
  }

  // MARK: Bytes

  /// The bytes of a `bytes`, a string or a message.
  public func bytes() throws(ProtoError) -> UnsafeRawBufferPointer {
    guard case .bytes(let bytes) = value else { throw mismatch }
    return bytes
  }

  /// A `string`.
  ///
  /// - Throws: ``ProtoError/invalidUTF8(field:)`` besides.
  public func string() throws(ProtoError) -> String {
    let bytes = try bytes()
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw .invalidUTF8(field: number)
    }
    return string
  }

  /// A message within the message.
  ///
  /// - Throws: ``ProtoError/tooDeep`` besides.
  public func message() throws(ProtoError) -> ProtoMessage {
    guard depthLeft > 0 else { throw .tooDeep }
    return ProtoMessage(try bytes(), depthLeft: depthLeft - 1)
  }

  // MARK: Lists

  /// Appends a `repeated float`, packed into one field or one element of it.
  public func append(to list: inout [Float]) throws(ProtoError) {
    switch value {
    case .fixed32(let bits): list.append(Float(bitPattern: bits))
    case .bytes(let bytes):
      let width = MemoryLayout<Float>.size
      guard bytes.count.isMultiple(of: width) else { throw .raggedList(field: number) }
      let count = bytes.count / width
      // The wire is little-endian, as is every machine that this runs on.
      let values = [Float](unsafeUninitializedCapacity: count) { room, initialized in
        UnsafeMutableRawBufferPointer(room).copyMemory(from: bytes)
        initialized = count
      }
      if list.isEmpty { list = values } else { list += values }
    case .varint, .fixed64: throw mismatch
    }
  }

  /// Appends a `repeated uint32`, packed into one field or one element of it.
  public func append(to list: inout [UInt32]) throws(ProtoError) {
    try forEachVarint { list.append(UInt32(truncatingIfNeeded: $0)) }
  }

  /// Appends a `repeated int64`, packed into one field or one element of it.
  public func append(to list: inout [Int64]) throws(ProtoError) {
    try forEachVarint { list.append(Int64(bitPattern: $0)) }
  }

  private func forEachVarint(_ body: (UInt64) -> Void) throws(ProtoError) {
    switch value {
    case .varint(let value): body(value)
    case .bytes(let bytes):
      var cursor = ProtoCursor(bytes)
      while !cursor.isAtEnd { body(try cursor.varint()) }
    case .fixed32, .fixed64: throw mismatch
    }
  }
}

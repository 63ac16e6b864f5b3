import CSimdJSON

extension JSONWriter {
  /// Floats formatted at a time, which bounds the stack space it takes.
  private static let floatsPerBatch = 128

  /// Writes an integer.
  @inlinable
  public mutating func integer<T: FixedWidthInteger>(_ value: T) {
    if let value = Int64(exactly: value) {
      signed(value)
    } else if let value = UInt64(exactly: value) {
      unsigned(value)
    } else {
      rawValue(String(value).utf8)
    }
  }

  @usableFromInline
  mutating func signed(_ integer: Int64) {
    value(upTo: Int(CSIMDJSON_NUMBER_LENGTH)) { csimdjson_format_int64(integer, $0) }
  }

  @usableFromInline
  mutating func unsigned(_ integer: UInt64) {
    value(upTo: Int(CSIMDJSON_NUMBER_LENGTH)) { csimdjson_format_uint64(integer, $0) }
  }

  /// Writes a 32-bit float with the shortest digits of that width; `null` unless finite.
  public mutating func float(_ number: Float) {
    value(upTo: Int(CSIMDJSON_NUMBER_LENGTH)) { csimdjson_format_float(number, $0) }
  }

  /// Writes a double with its shortest digits; `null` unless finite.
  public mutating func double(_ number: Double) {
    value(upTo: Int(CSIMDJSON_NUMBER_LENGTH)) { csimdjson_format_double(number, $0) }
  }

  /// Writes an array of 32-bit floats, each as `float` does.
  public mutating func floats(_ numbers: UnsafeBufferPointer<Float>) {
    beginArray()
    var start = 0
    while start < numbers.count {
      let batch = UnsafeBufferPointer(
        rebasing: numbers[start..<min(start + Self.floatsPerBatch, numbers.count)])
      if start > 0 { append(UInt8(ascii: ",")) }
      appendFormatted(upTo: batch.count * Int(CSIMDJSON_FLOAT_LENGTH)) {
        csimdjson_format_floats(batch.baseAddress, batch.count, $0)
      }
      start += batch.count
    }
    endArray()
  }

  /// Writes an array of 32-bit floats, each as `float` does.
  public mutating func floats(_ numbers: [Float]) {
    numbers.withUnsafeBufferPointer { floats($0) }
  }
}

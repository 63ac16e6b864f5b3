/// Writes JSON text, compact, by appending to a byte array.
///
/// The writer sets commas and colons itself; the caller sees to it that containers are closed and
/// that an object's values have keys. Floating point numbers take the shortest digits that read
/// back as the same number of their own width, with a point or an exponent: `10.0`, `1e-7`.
public struct JSONWriter: Sendable {
  /// The text so far.
  public private(set) var bytes: [UInt8] = []
  /// Whether a value has been written that a further one must be separated from.
  private var needsComma = false

  /// An empty text with room for this many bytes.
  public init(reservingCapacity capacity: Int = 0) {
    bytes.reserveCapacity(capacity)
  }

  /// Takes the text so far; what is written next goes on from there.
  public mutating func takeBytes() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }

  /// Starts an object as the next value.
  public mutating func beginObject() { open(UInt8(ascii: "{")) }

  /// Ends the innermost container, which is an object.
  public mutating func endObject() { close(UInt8(ascii: "}")) }

  /// Starts an array as the next value.
  public mutating func beginArray() { open(UInt8(ascii: "[")) }

  /// Ends the innermost container, which is an array.
  public mutating func endArray() { close(UInt8(ascii: "]")) }

  /// Writes the key of the next value.
  public mutating func key(_ key: StaticString) {
    key.withUTF8Buffer { self.key(utf8: $0) }
  }

  /// Writes the key of the next value.
  public mutating func key(_ key: String) {
    var key = key
    key.withUTF8 { self.key(utf8: $0) }
  }

  /// Writes the key of the next value, given as well-formed UTF-8.
  public mutating func key(utf8: UnsafeBufferPointer<UInt8>) {
    separate()
    appendQuoted(utf8)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Writes `null`.
  public mutating func null() { literal("null") }

  /// Writes `true` or `false`.
  public mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }

  /// Writes a string, escaping only what JSON requires.
  public mutating func string(_ value: String) {
    var value = value
    value.withUTF8 { string(utf8: $0) }
  }

  /// Writes a string given as well-formed UTF-8, escaping only what JSON requires.
  public mutating func string(utf8: UnsafeBufferPointer<UInt8>) {
    separate()
    appendQuoted(utf8)
    needsComma = true
  }

  /// Writes a value that is JSON text already; it is not checked.
  public mutating func rawValue(_ text: some Collection<UInt8>) {
    separate()
    let isContiguous: Void? = text.withContiguousStorageIfAvailable { append($0) }
    if isContiguous == nil { bytes.append(contentsOf: text) }
    needsComma = true
  }

  /// Writes a value that is JSON text already; it is not checked.
  public mutating func rawValue(_ text: UnsafeRawBufferPointer) {
    separate()
    bytes.append(contentsOf: text)
    needsComma = true
  }

  /// Writes what `format` puts into a buffer of at most `limit` bytes; it returns their number.
  mutating func value(upTo limit: Int, format: (UnsafeMutablePointer<CChar>) -> Int) {
    separate()
    appendFormatted(upTo: limit, format: format)
    needsComma = true
  }

  /// Appends without setting a comma.
  mutating func appendFormatted(upTo limit: Int, format: (UnsafeMutablePointer<CChar>) -> Int) {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: limit) { buffer in
      guard let start = buffer.baseAddress else { return }
      bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: format(start)))
    }
  }

  mutating func append(_ text: UnsafeBufferPointer<UInt8>) { bytes.append(contentsOf: text) }

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }

  private mutating func open(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func literal(_ text: StaticString) {
    separate()
    text.withUTF8Buffer { append($0) }
    needsComma = true
  }
}

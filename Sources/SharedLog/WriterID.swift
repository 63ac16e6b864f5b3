/// Who writes to a shared log: one run of one server. A server that is started again is another
/// writer, as it no longer knows what it had sent.
package struct WriterID: Hashable, Sendable, CustomStringConvertible {
  /// 16 random bytes.
  package let bytes: [UInt8]

  /// The count of bytes of every id.
  package static let byteCount = 16

  /// The id of these bytes; `nil` unless there are ``byteCount`` of them.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// A new id, by chance unlike all others.
  package init(using random: inout some RandomNumberGenerator) {
    bytes = (0..<Self.byteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  /// A new id.
  package init() {
    var random = SystemRandomNumberGenerator()
    self.init(using: &random)
  }

  /// The id that ``description`` says.
  package init?(hex: String) {
    let digits = hex.utf8.map { UInt8(String(Unicode.Scalar($0)), radix: 16) }
    guard digits.count == 2 * Self.byteCount, !digits.contains(nil) else { return nil }
    let halves = digits.compactMap(\.self)
    bytes = (0..<Self.byteCount).map { halves[2 * $0] << 4 | halves[2 * $0 + 1] }
  }

  /// In hex.
  package var description: String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}

import Crypto

/// SHA-256 as lower-case hexadecimal text.
enum ContentHash {
  static func sha256(_ text: String) -> String { sha256(Array(text.utf8)) }

  static func sha256(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in SHA256.hash(data: bytes) {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

import Crypto
import FastJSON

/// A file in the store, cut into parts.
package struct StoredFile: Sendable, Equatable {
  /// Its name, which is never a path.
  package var name: String
  /// Its parts, in their order.
  package var parts: [StoredPart]

  /// A file of these parts.
  package init(name: String, parts: [StoredPart]) {
    self.name = name
    self.parts = parts
  }

  /// Its length.
  package var bytes: Int { parts.reduce(0) { $0 + $1.bytes } }

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("name")
    writer.string(name)
    writer.key("parts")
    writer.beginArray()
    for part in parts {
      writer.beginObject()
      writer.key("sha256")
      writer.string(part.checksum)
      writer.key("bytes")
      writer.integer(part.bytes)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
  }

  /// The file that a manifest tells of; `nil` if it tells of none.
  init?(_ json: JSONElement) {
    guard let object = json.object, let name = object["name"]?.string, Self.isName(name),
      let list = object["parts"]?.array
    else { return nil }
    var parts: [StoredPart] = []
    for element in list {
      guard let checksum = element.object?["sha256"]?.string,
        let bytes = element.object?["bytes"]?.uint64,
        let part = StoredPart(checksum: checksum, bytes: Int(clamping: bytes))
      else { return nil }
      parts.append(part)
    }
    self.init(name: name, parts: parts)
  }

  private static func isName(_ name: String) -> Bool {
    name.utf8.first != UInt8(ascii: ".") && !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"),
          UInt8(ascii: "."):
          true
        default: false
        }
      }
  }
}

/// A part of a file: an object that is named by what it holds.
package struct StoredPart: Hashable, Sendable {
  /// SHA-256 in hex.
  package let checksum: String
  /// Its length.
  package let bytes: Int

  /// Bytes of a part of a snapshot in a store: what goes there in one request.
  package static let bytesMax = 16 << 20

  /// What the keys of parts begin with.
  package static let prefix = "part/"

  /// Its key.
  package var key: String { Self.prefix + checksum }

  /// The part that holds `content`.
  package init(of content: [UInt8]) {
    checksum = hexadecimal(SHA256.hash(data: content))
    bytes = content.count
  }

  /// The part that a manifest tells of; `nil` if there can be none such.
  package init?(checksum: String, bytes: Int) {
    guard Self.isChecksum(checksum), (0...Self.bytesMax).contains(bytes) else { return nil }
    self.checksum = checksum
    self.bytes = bytes
  }

  static func isChecksum(_ text: String) -> Bool {
    text.utf8.count == 64
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
      }
  }
}

/// Bytes in hex.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  let letters = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
  return String(decoding: letters, as: UTF8.self)
}

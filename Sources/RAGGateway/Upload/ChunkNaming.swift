import Crypto
import FastJSON
public import PointModel

/// Gives every chunk the same point id on every upload.
///
/// The id is a UUID of version 5 (RFC 9562) in `namespace`, of the collection, the tenant and the
/// chunk's key, joined by NUL characters. The key is `id:` and the chunk id or, for a chunk
/// without one, `sha256:` and the hash of its text, and behind it, where there is metadata, `:` and
/// the hash of that: the same page header in two documents is two chunks.
public struct ChunkNaming: Sendable {
  /// The namespace of all chunk names: 5b0c1f5e-7a52-4b1e-9d57-3c6de5f2a814. It never changes:
  /// another value would give every stored chunk a second id.
  public static let namespace = PointUUID(
    high: 0x5b0c_1f5e_7a52_4b1e, low: 0x9d57_3c6d_e5f2_a814)

  /// The collection that the chunks go to.
  public let collection: String
  /// Whose chunks they are; empty while there is one owner only.
  public let tenant: String

  /// Names for a collection and a tenant.
  public init(collection: String, tenant: String = "") {
    self.collection = collection
    self.tenant = tenant
  }

  /// The point id of a chunk.
  public func id(of chunk: Chunk) -> PointUUID {
    if let own = chunk.chunkID { return id(key: "id:\(own)") }
    let text = "sha256:\(ContentHash.sha256(chunk.pageContent))"
    if chunk.metadata.isEmpty { return id(key: text) }
    let metadata = ContentHash.sha256(CanonicalJSON.text(of: .object(chunk.metadata)))
    return id(key: "\(text):\(metadata)")
  }

  /// The id that a chunk without one of its own had while metadata did not count; `nil` for others.
  func earlierID(of chunk: Chunk) -> PointUUID? {
    guard chunk.chunkID == nil, !chunk.metadata.isEmpty else { return nil }
    return id(key: "sha256:\(ContentHash.sha256(chunk.pageContent))")
  }

  /// The id of a further part of the chunk at `parent`.
  static func window(_ index: Int, of parent: PointUUID) -> PointUUID {
    version5("\(parent.description)\u{0}w\(index)", in: namespace)
  }

  private func id(key: String) -> PointUUID {
    Self.version5("\(collection)\u{0}\(tenant)\u{0}\(key)", in: Self.namespace)
  }

  /// The UUID of version 5 of `name` in `namespace`.
  package static func version5(_ name: String, in namespace: PointUUID) -> PointUUID {
    var hash = Insecure.SHA1()
    var prefix: [UInt8] = []
    for half in [namespace.high, namespace.low] {
      for shift in stride(from: 56, through: 0, by: -8) {
        prefix.append(UInt8(truncatingIfNeeded: half >> UInt64(shift)))
      }
    }
    hash.update(data: prefix)
    hash.update(data: Array(name.utf8))
    let digest = Array(hash.finalize())
    var high = digest[0..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    var low = digest[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    high = high & ~0xf000 | 0x5000
    low = low & ~(0b11 << 62) | 0b10 << 62
    return PointUUID(high: high, low: low)
  }
}

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

/// A spelling of JSON in which equal values are equal text: members sorted by key, compact.
enum CanonicalJSON {
  static func text(of value: JSONValue) -> [UInt8] {
    var writer = JSONWriter()
    write(value, to: &writer)
    return writer.bytes
  }

  private static func write(_ value: JSONValue, to writer: inout JSONWriter) {
    switch value {
    case .array(let elements):
      writer.beginArray()
      for element in elements { write(element, to: &writer) }
      writer.endArray()
    case .object(let members):
      writer.beginObject()
      for (key, member) in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      ) {
        writer.key(key)
        write(member, to: &writer)
      }
      writer.endObject()
    default: value.write(to: &writer)
    }
  }
}

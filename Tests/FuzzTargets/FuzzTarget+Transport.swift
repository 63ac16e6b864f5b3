import NIOCore
import QdrantREST
import TransportBase

/// What stands around the bodies of requests: how they are packed, and the query string.
extension FuzzTarget {
  /// One target for each.
  static let transport: [FuzzTarget] = [packing, queryString]

  /// A packed body in pieces: the first byte says how it is packed, the second how long these are.
  private static let packing = FuzzTarget(
    name: "packing",
    example: { source in
      let kind = source.number(below: ContentCoding.allCases.count)
      let text = (0..<source.number(below: 60)).map { "point \($0) " }.joined()
      guard let packer = Packer(ContentCoding.allCases[kind]) else { return [] }
      var packed = packer.pack(ByteBuffer(string: text), isLast: false)
      packed.writeImmutableBuffer(packer.pack(ByteBuffer(), isLast: true))
      return [UInt8(kind), UInt8(source.number(below: 256))] + Array(packed.readableBytesView)
    },
    read: { bytes in
      guard bytes.count > 2 else { return false }
      let codings = ContentCoding.allCases
      let unpacker = Unpacker(codings[Int(bytes[0]) % codings.count])
      var rest = ByteBuffer(bytes: bytes.dropFirst(2))
      var left = unpackedMax
      do throws(PackingError) {
        while var piece = rest.readSlice(length: min(1 + Int(bytes[1]), rest.readableBytes)),
          piece.readableBytes > 0
        {
          repeat {
            let unpacked = try unpacker.unpack(&piece, upTo: 1000)
            precondition(unpacked.readableBytes <= 1000)
            left -= unpacked.readableBytes
            // As a server, which gives up a body that becomes too large.
            if left < 0 { return false }
          } while piece.readableBytes > 0 || unpacker.hasMore
        }
        try unpacker.finish()
        return true
      } catch {
        return false
      }
    })

  private static let unpackedMax = 1 << 20

  private static let queryString = FuzzTarget(
    name: "query-string",
    example: { source in
      let samples = [
        "wait=true&ordering=weak", "timeout=10&consistency=majority", "a=%C3%A9+b%2", "%61=&&=x",
        "wait=false&wait=true&x", "a=%FF%00",
      ]
      return Array(samples[source.number(below: samples.count)].utf8)
    },
    read: { bytes in
      let fields = QueryFields(query: String(decoding: bytes, as: UTF8.self))
      return ["wait", "timeout", "a"].contains { fields[$0] != nil }
    })
}

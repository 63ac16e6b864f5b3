import HTTPTypes
import NIOCore
import QdrantREST
import RequestTracing
import TransportBase

/// What stands around the bodies of requests: how they are packed, and the query string.
extension FuzzTarget {
  /// One target for each.
  static let transport: [FuzzTarget] = [packing, queryString, range, traceParent]

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

  /// A part of a file of 1,000 bytes that is asked for.
  private static let range = FuzzTarget(
    name: "range",
    example: { source in
      let samples = [
        "bytes=0-99", "bytes=-5", "bytes=990-", "Bytes=7-99999999999999999999999", "bytes=0-1,3-4",
        "bytes=-", "bytes=9-1",
      ]
      return Array(samples[source.number(below: samples.count)].utf8)
    },
    read: { bytes in
      let fields: HTTPFields = [.range: String(decoding: bytes, as: UTF8.self)]
      let request = HTTPRequest(
        method: .get, scheme: nil, authority: nil, path: "/", headerFields: fields)
      guard case .part(let part) = ByteRange(request, size: 1000) else { return false }
      precondition(!part.isEmpty && part.lowerBound >= 0 && part.upperBound <= 1000)
      return true
    })

  /// A place in a trace, and what other systems say of it on the second line.
  private static let traceParent = FuzzTarget(
    name: "trace-parent",
    example: { source in
      let versions = ["00", "01", "ff", "0"]
      let version = versions[source.chance(3) ? source.number(below: versions.count) : 0]
      let end = source.chance(4) ? "-more" : ""
      return Array(
        "\(version)-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\(end)\na=b,c=\u{e9}".utf8)
    },
    read: { bytes in
      let lines = String(decoding: bytes, as: UTF8.self).split(
        separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      let state = lines.count > 1 ? String(lines[1]) : nil
      guard let place = TraceParent(String(lines[0]), state: state) else { return false }
      // What is sent on is read there as it was here.
      precondition(TraceParent(place.text, state: place.state) == place)
      return true
    })
}

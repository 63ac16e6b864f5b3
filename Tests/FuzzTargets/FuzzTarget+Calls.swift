import NIOCore
import NIOHPACK
import QdrantGRPC
import TransportBase

/// What stands around the messages of a call of gRPC: its headers, and what divides its bytes.
extension FuzzTarget {
  /// One target for each.
  static let calls: [FuzzTarget] = [callHead, messageFrames]

  /// Headers, one a line.
  private static let callHead = FuzzTarget(
    name: "call-head",
    example: { source in
      var lines = [
        ":method: POST", ":scheme: http", ":path: /qdrant.Points/Search", "te: trailers",
        "content-type: application/grpc+proto",
      ]
      let units = ["H", "M", "S", "m", "u", "n", "x"]
      let unit = units[source.number(below: units.count)]
      let others = [
        "grpc-timeout: \(source.number(below: 100_000_000))\(unit)",
        "grpc-encoding: gzip", "grpc-encoding: br", "grpc-encoding: identity", "api-key: key",
        "authorization: Bearer a.b.c", "x-request-id: 7", "forwarded: for=10.0.0.1;proto=http",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ":path: /x",
        "connection: close", "Upper: case",
      ]
      for line in others where source.chance(6) { lines.append(line) }
      return Array(lines.joined(separator: "\n").utf8)
    },
    read: { bytes in
      let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      let headers = lines.map { line in
        // The names of what says where a request goes begin with a colon, too.
        let end = line.dropFirst().firstIndex(of: ":") ?? line.endIndex
        return (String(line[..<end]), String(line[end...].dropFirst(2)))
      }
      let head = CallHead(HPACKHeaders(headers))
      // As much as eight digits of hours say.
      if let timeout = head.timeout {
        precondition(timeout >= .zero && timeout <= .hours(99_999_999))
      }
      return !head.isMalformed && head.refusal == nil
    })

  /// Messages in pieces: the first byte says how they may be packed, the second how long the pieces
  /// are.
  private static let messageFrames = FuzzTarget(
    name: "message-frames",
    example: { source in
      var bytes = [UInt8(source.number(below: 3)), UInt8(source.number(below: 256))]
      for _ in 0..<source.number(below: 6) {
        let count = source.number(below: source.chance(8) ? 70_000 : 300)
        bytes.append(bytes[0] > 0 && source.chance(2) ? 1 : 0)
        bytes += withUnsafeBytes(of: UInt32(count).bigEndian) { Array($0) }
        bytes += (0..<count).map { _ in UInt8(source.number(below: 256)) }
      }
      return bytes
    },
    read: { bytes in
      guard bytes.count > 2 else { return false }
      let coding = [nil, ContentCoding.gzip, .deflate][Int(bytes[0]) % 3]
      let whole = ByteBuffer(bytes: bytes.dropFirst(2))
      let inPieces = messages(whole, coding, inPiecesOf: 1 + Int(bytes[1]))
      let atOnce = messages(whole, coding, inPiecesOf: max(1, whole.readableBytes))
      // However they are cut, they are the same.
      precondition(inPieces.messages == atOnce.messages && inPieces.left == atOnce.left)
      return atOnce.left == 0
    })

  /// The messages that come of bytes, and how many of these are left; `nil` where a message is
  /// refused.
  private static func messages(
    _ bytes: ByteBuffer, _ coding: ContentCoding?, inPiecesOf size: Int
  ) -> (messages: [ByteBuffer], left: Int?) {
    var frames = MessageFrames(coding: coding)
    var rest = bytes
    var found: [ByteBuffer] = []
    do throws(GRPCStatus) {
      while var piece = rest.readSlice(length: min(size, rest.readableBytes)),
        piece.readableBytes > 0
      {
        frames.append(&piece)
        while let (message, isPacked) = try frames.nextMessage(upTo: largestMessage) {
          precondition(message.readableBytes <= largestMessage && (!isPacked || coding != nil))
          found.append(message)
        }
      }
      return (found, frames.byteCount)
    } catch {
      return (found, nil)
    }
  }

  private static let largestMessage = 1 << 16
}

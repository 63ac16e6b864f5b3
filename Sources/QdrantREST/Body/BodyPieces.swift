import HTTPConnections
import HTTPTypes
import Hummingbird
import NIOCore
import QdrantService
import TransportBase

/// The pieces of a body as they arrive, unpacked if they are packed. A body that breaks off, comes
/// too slowly or is framed wrongly is the client's fault.
struct BodyPieces {
  private var chunks: RequestBody.AsyncIterator
  private let unpacker: Unpacker?
  private let call: ServiceCall
  /// What is held until whatever is still being unpacked has ended.
  private let held: (any Sendable)?
  /// What has arrived and is not unpacked yet.
  private var packed = ByteBuffer()

  /// Unpacked in place are so many bytes, of a piece no longer than this: more may take long.
  private static let bytesInPlace = 16 << 10
  /// The largest piece that is unpacked at once.
  private static let pieceBytes = 256 << 10

  /// A body whose coding is not known is read as it is, as Qdrant does: some clients name its
  /// character set there.
  ///
  /// - Parameters:
  ///   - call: who waits for it.
  ///   - unpacks: whether what is packed is unpacked.
  ///   - held: let go of when nothing is being unpacked any more.
  init(
    _ request: Request, _ call: ServiceCall, unpacks: Bool = true,
    holding held: (any Sendable)? = nil
  ) {
    self.call = call
    self.held = held
    let named = unpacks ? request.headers[.contentEncoding]?.filter { $0 != " " } : nil
    unpacker = named.flatMap { ContentCoding(named: $0) }.map { Unpacker($0) }
    chunks = request.body.makeAsyncIterator()
  }

  /// The next piece; `nil` at the body's end.
  ///
  /// - Throws: 408 for a body that was given up or whose sender waits no longer, 400 for a broken
  ///   one.
  mutating func next() async throws -> ByteBuffer? {
    guard let unpacker else { return try await arrived() }
    do {
      while true {
        while packed.readableBytes > 0 || unpacker.hasMore {
          let piece = try await unpacked(by: unpacker)
          if piece.readableBytes > 0 { return piece }
        }
        guard let more = try await arrived() else {
          try unpacker.finish()
          return nil
        }
        packed = more
      }
    } catch let error as PackingError {
      throw RESTError(
        .badRequest, "Bad request: the body could not be unpacked as `\(error.coding.rawValue)`")
    }
  }

  private mutating func unpacked(by unpacker: Unpacker) async throws -> ByteBuffer {
    if packed.readableBytes <= Self.bytesInPlace, !unpacker.hasMore {
      return try unpacker.unpack(&packed, upTo: Self.bytesInPlace)
    }
    let before = packed
    let held = held
    let (piece, rest) = try await call.whileWaited(for: "Request body") {
      defer { withExtendedLifetime(held) {} }
      return try await BlockingWork.run {
        var rest = before
        let piece = try unpacker.unpack(&rest, upTo: Self.pieceBytes)
        return (piece, rest)
      }
    }
    packed = rest
    return piece
  }

  private mutating func arrived() async throws -> ByteBuffer? {
    do {
      return try await chunks.next()
    } catch is CancellationError {
      throw CancellationError()
    } catch BodyFault.tooSlow(let bytes) {
      throw RESTError(
        .requestTimeout, "Timeout error: the body came too slowly: \(bytes) bytes until now")
    } catch BodyFault.late(let seconds) {
      throw RESTError(
        .requestTimeout,
        "Timeout error: Operation 'Request body' timed out after \(seconds) seconds")
    } catch BodyFault.framing(let bytes) {
      throw RESTError(
        .badRequest, "Bad request: \(bytes) bytes came around the chunks of the body")
    } catch BodyFault.stalled {
      throw RESTError(
        .requestTimeout,
        "Timeout error: the body stopped arriving while other requests waited for its room")
    } catch {
      throw RESTError(.badRequest, "Bad request: the body could not be read: \(error)")
    }
  }
}

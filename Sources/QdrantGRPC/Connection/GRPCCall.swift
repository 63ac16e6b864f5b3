import NIOCore
import NIOHPACK
import NIOHTTP2
import QdrantService
import RequestTracing
import TransportBase

/// One call of a connection: what has arrived of it, and what is still to be sent. Belongs to the
/// connection's event loop.
final class GRPCCall {
  let id: HTTP2StreamID
  let path: String
  let kind: GRPCMethod.Kind
  let call: ServiceCall
  let trace: RequestTrace
  let startedAt: NIODeadline
  let deadline: NIODeadline?

  // What arrives.

  /// Messages that have arrived and are not read yet.
  var frames: MessageFrames
  /// What has arrived and waits for room.
  var waiting: [ByteBuffer] = []
  var isWaiting = false
  var bytesArrived = 0
  /// Bytes for which there is room.
  var bytesHeld = 0
  var room: RequestRoom
  /// Whether the client has said all.
  var hasEnded = false
  /// Whether there was room for all that it said.
  var isComplete = false
  /// What the client may send before it is told to go on.
  var window: Int

  // What is done.

  /// The work, which is cancelled when nobody waits for it.
  var task: Task<Void, Never>?
  var isPerforming = false

  // What is sent.

  /// Whether it is in the figures.
  var isCounted = false
  var hasSentHeaders = false
  /// What is left of the answer, and the place in its first piece.
  var answer: GRPCAnswer?
  var position = (piece: 0, byte: 0)
  /// The last time that the client took something, while there is something to take.
  var sendingSince: NIODeadline?
  /// Whether the last block was written, or the stream has gone.
  var isOver = false

  init(
    _ id: HTTP2StreamID, _ kind: GRPCMethod.Kind, _ call: ServiceCall, _ head: CallHead,
    trace: RequestTrace, room: RequestRoom, window: Int, now: NIODeadline
  ) {
    self.id = id
    self.kind = kind
    self.call = call
    self.trace = trace
    self.room = room
    self.window = window
    path = head.path
    frames = MessageFrames(coding: head.coding)
    startedAt = now
    deadline = head.timeout.map { now + $0 }
  }

  /// Takes what there is room for.
  func accept(_ bytes: inout ByteBuffer) {
    bytesHeld += bytes.readableBytes
    frames.append(&bytes)
  }
}

/// What one call has taken of the budget that the requests of all transports share, and its message
/// until that is read.
///
/// SAFETY: a room has one user at a time. While a task waits for room, the connection holds back
/// all that would use it, and goes on when the task has done with it; once the request is there it
/// belongs to the task that carries it out.
final class RequestRoom: @unchecked Sendable {
  private let share: ByteBudget.Share
  /// The request as it has come.
  var message = ByteBuffer()
  /// What the call is sent on with to another server; `nil` where it is answered here.
  var head: CallHead?
  /// The collection that the figures count the call under.
  var collection: String?

  init(_ share: ByteBudget.Share) {
    self.share = share
  }

  func takeAtOnce(_ bytes: Int) -> Bool { share.takeAtOnce(bytes) || share.takeIfFree(bytes) }

  func take(_ bytes: Int) async throws(GRPCStatus) {
    do throws(ServiceError) {
      try await share.take(bytes)
    } catch {
      throw GRPCStatus(error)
    }
  }

  /// Says that the request has arrived.
  func complete() { share.complete() }

  /// The message, which leaves nothing here: what is decoded from it outlives it.
  func takeMessage() -> ByteBuffer {
    defer { message = ByteBuffer() }
    return message
  }

  /// Unpacks the message, piece by piece, as there is room for it.
  ///
  /// - Throws: the status of a message that is too long, or no valid packing.
  func unpack(_ coding: ContentCoding, upTo bytesMax: Int) async throws(GRPCStatus) {
    let unpacker = Unpacker(coding)
    var packed = takeMessage()
    var whole = ByteBuffer()
    repeat {
      var piece = ByteBuffer()
      do {
        if whole.readableBytes == 0 {
          piece = try unpacker.unpack(&packed, upTo: Self.pieceBytes)
        } else {
          let rest = packed
          (packed, piece) = try await BlockingWork.run {
            var rest = rest
            let piece = try unpacker.unpack(&rest, upTo: Self.pieceBytes)
            return (rest, piece)
          }
        }
        if packed.readableBytes == 0, !unpacker.hasMore { try unpacker.finish() }
      } catch is PackingError {
        throw GRPCStatus(.internalError, "the message is no valid \(coding.rawValue)")
      } catch {
        throw GRPCStatus(.unavailable, "Service unavailable: the server is shutting down")
      }
      guard whole.readableBytes + piece.readableBytes <= bytesMax else {
        throw GRPCStatus(
          .resourceExhausted, "a message exceeds the limit (\(bytesMax) bytes) when unpacked")
      }
      if !takeAtOnce(piece.readableBytes) { try await take(piece.readableBytes) }
      whole.writeBuffer(&piece)
    } while packed.readableBytes > 0 || unpacker.hasMore
    message = whole
  }

  private static let pieceBytes = 64 << 10
}

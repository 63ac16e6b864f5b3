import HTTPTypes
import Hummingbird
import NIOCore
import QdrantAPI
import QdrantService

/// Turns a request's body into a value: collected once into one buffer, decoded once.
///
/// Bodies are bounded one by one and all together; a body holds its share of the budget until
/// the request has been answered, because the points decoded from it live that long.
struct BodyReader: Sendable {
  /// The largest body taken, in bytes.
  let limit: Int
  let budget: ByteBudget

  /// Decodes the body and answers with what `respond` makes of it.
  ///
  /// - Throws: 413 for a body over the limit, packed or unpacked, 415 for a coding that is not
  ///   known, 429 when the budget is spent, 408 when the body comes too slowly, and whatever
  ///   `decode` and `respond` throw.
  func withValue<Value: Sendable>(
    of request: Request,
    decodedBy decode: @escaping @Sendable (UnsafeRawBufferPointer) throws(RequestError) -> Value,
    _ respond: (Value) async throws -> Response
  ) async throws -> Response {
    let abortion = BodyAbortion.current
    let share = budget.share { abortion?.abort(.stalled) }
    // What the body holds is given back when the request has been answered.
    defer { withExtendedLifetime(share) {} }
    let buffer = try await collect(request, share)
    let value: Value
    if buffer.readableBytes > BlockingWork.bytesWorthAHop {
      value = try await BlockingWork.run { try buffer.withUnsafeReadableBytes(decode) }
    } else {
      value = try buffer.withUnsafeReadableBytes(decode)
    }
    return try await respond(value)
  }

  private func collect(
    _ request: Request, _ share: ByteBudget.Share
  ) async throws -> ByteBuffer {
    let declared = request.headers[.contentLength].flatMap { Int($0) }
    if let declared, declared > limit { throw RESTError.tooLarge(bytes: declared, limit: limit) }
    var pieces = try BodyPieces(request)
    var collected = ByteBuffer()
    while var piece = try await pieces.next() {
      let total = collected.readableBytes + piece.readableBytes
      if total > limit { throw RESTError.tooLarge(bytes: nil, limit: limit) }
      try await share.take(piece.readableBytes)
      if collected.readableBytes == 0 {
        // A body of one piece, the usual case, is taken over without a copy.
        collected = piece
      } else {
        collected.writeBuffer(&piece)
      }
    }
    share.complete()
    return collected
  }
}

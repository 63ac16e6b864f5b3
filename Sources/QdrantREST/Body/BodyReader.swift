import HTTPConnections
import HTTPTypes
package import Hummingbird
import NIOCore
import QdrantAPI
package import QdrantService
import RequestTracing
import TransportBase

/// Turns a request's body into a value: kept in the pieces that it comes in, and copied once, to
/// where it is parsed.
///
/// Bodies are bounded one by one and all together; a body holds its share of the budget until
/// the request has been answered, because the points decoded from it live that long.
package struct BodyReader: Sendable {
  /// The largest body taken, in bytes.
  let limit: Int
  let budget: ByteBudget
  let parsing: ParsingRoom

  /// What parsing takes for each byte of a body: a copy, the positions of its values, these, and
  /// what they are decoded to.
  private static let bytesParsedPerByte = 6

  /// A reader of bodies up to `limit` bytes, whose share of memory is in `budget`.
  package init(limit: Int, budget: ByteBudget, parsing: ParsingRoom) {
    self.limit = limit
    self.budget = budget
    self.parsing = parsing
  }

  /// Decodes the body and answers with what `respond` makes of it.
  ///
  /// - Throws: 413 for a body over the limit, packed or unpacked, 429 when the budget is spent, 408
  ///   when the body comes too slowly or not while its sender waits, and whatever `decode` and
  ///   `respond` throw.
  func withValue<Value: Sendable>(
    of request: Request, _ call: ServiceCall,
    decodedBy decode: @escaping QdrantAPI.RequestDecoder.Decode<Value>,
    _ respond: (Value) async throws -> Response
  ) async throws -> Response {
    let abortion = BodyAbortion.current
    let share = budget.share(for: call) { abortion?.abort(.stalled) }
    // What the body holds is given back when the request has been answered.
    defer { withExtendedLifetime(share) {} }
    // The body itself has gone before `respond` begins.
    let value = try await decoded(request, call, share, decode)
    return try await respond(value)
  }

  /// Answers with what `respond` makes of the body as it came, packed or not.
  ///
  /// - Throws: as ``withValue(of:_:decodedBy:_:)`` does, but for what is in the body.
  package func withBytes(
    of request: Request, _ call: ServiceCall, _ respond: ([UInt8]) async throws -> Response
  ) async throws -> Response {
    let abortion = BodyAbortion.current
    let share = budget.share(for: call) { abortion?.abort(.stalled) }
    defer { withExtendedLifetime(share) {} }
    let body = try await collect(request, call, share, unpacks: false)
    let join: @Sendable () -> [UInt8] = {
      let count = body.count
      return [UInt8](unsafeUninitializedCapacity: count) { room, written in
        let room = UnsafeMutableBufferPointer(rebasing: room[..<count])
        body.move(to: UnsafeMutableRawBufferPointer(room))
        written = count
      }
    }
    if body.count <= BlockingWork.bytesWorthAHop { return try await respond(join()) }
    let held = HeldShare(share: share)
    let bytes = try await call.whileWaited(for: "Request body") {
      defer { withExtendedLifetime(held) {} }
      return try await BlockingWork.run(join)
    }
    return try await respond(bytes)
  }

  private func decoded<Value: Sendable>(
    _ request: Request, _ call: ServiceCall, _ share: ByteBudget.Share,
    _ decode: @escaping QdrantAPI.RequestDecoder.Decode<Value>
  ) async throws -> Value {
    let body = try await collect(request, call, share)
    let parse: @Sendable () throws -> Value = {
      try decode(QdrantAPI.RequestDecoder.document(body.count) { body.move(to: $0) })
    }
    return try await TraceStage.span("decode") {
      if body.count <= BlockingWork.bytesWorthAHop { return try parse() }
      let work: @Sendable () async throws -> Value = {
        try await BlockingWork.run { try DecodingWork.run(parse, until: $0) }
      }
      let room = body.count * Self.bytesParsedPerByte
      let isLarge = body.count > ParsingRoom.bytesWorthAsking
      let held = HeldShare(share: share)
      // It may wait for a thread, and holds what it takes until it has ended.
      return try await call.whileWaited(for: "Request body") {
        defer { withExtendedLifetime(held) {} }
        return isLarge ? try await parsing.withRoom(for: room, call, work) : try await work()
      }
    }
  }

  private func collect(
    _ request: Request, _ call: ServiceCall, _ share: ByteBudget.Share, unpacks: Bool = true
  ) async throws -> CollectedBody {
    let end = call.deadline.flatMap {
      BodyAbortion.current?.abort(.late(seconds: call.timeoutSeconds ?? 0), at: $0)
    }
    defer { end?.cancel() }
    let declared = request.headers[.contentLength].flatMap { Int($0) }
    if let declared, declared > limit { throw RESTError.tooLarge(bytes: declared, limit: limit) }
    var pieces = BodyPieces(request, call, unpacks: unpacks, holding: HeldShare(share: share))
    let collected = CollectedBody()
    while let piece = try await pieces.next() {
      let total = collected.count + piece.readableBytes
      if total > limit { throw RESTError.tooLarge(bytes: nil, limit: limit) }
      try await share.take(piece.readableBytes)
      collected.append(piece)
    }
    share.complete()
    return collected
  }
}

/// What a body holds while it is decoded.
///
/// SAFETY: nothing is done with it; it is given back when the last who has it lets it go.
private struct HeldShare: @unchecked Sendable {
  let share: ByteBudget.Share
}

/// A body as it has come, in pieces. Growing one buffer on an event loop would hold up all who are
/// served there: its pages are new with each growth.
///
/// SAFETY: one task collects a body and hands it to the one thread that decodes it.
private final class CollectedBody: @unchecked Sendable {
  /// Pieces from this size on are kept as they are; smaller ones are gathered.
  private static let pieceBytesKept = 32 << 10
  private static let gatheredBytes = 64 << 10

  private var pieces: [ByteBuffer] = []
  private(set) var count = 0

  func append(_ piece: ByteBuffer) {
    count += piece.readableBytes
    let isKept = pieces.isEmpty || piece.readableBytes >= Self.pieceBytesKept
    if isKept { return pieces.append(piece) }
    let last = pieces.count - 1
    if pieces[last].writableBytes < piece.readableBytes {
      var gathered = ByteBuffer()
      gathered.reserveCapacity(Self.gatheredBytes)
      pieces.append(gathered)
    }
    pieces[pieces.count - 1].writeImmutableBuffer(piece)
  }

  /// Copies the body to `room`, which is as long. Each piece goes once it has been copied, so that
  /// no body is there twice.
  func move(to room: UnsafeMutableRawBufferPointer) {
    var rest = pieces
    pieces = []
    var start = 0
    for place in rest.indices {
      let count = rest[place].readableBytes
      rest[place].withUnsafeReadableBytes {
        UnsafeMutableRawBufferPointer(rebasing: room[start..<start + count]).copyMemory(from: $0)
      }
      rest[place] = ByteBuffer()
      start += count
    }
  }
}

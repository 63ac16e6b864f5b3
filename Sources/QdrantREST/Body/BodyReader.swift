import HTTPTypes
import Hummingbird
import NIOCore
import QdrantAPI

/// Turns a request's body into a value: collected once into one buffer, decoded once.
///
/// Bodies are bounded one by one and all together; a body holds its share of the budget until
/// the request has been answered, because the points decoded from it live that long.
struct BodyReader: Sendable {
  /// The largest body taken, in bytes.
  let limit: Int
  let budget: ByteBudget

  /// What is reserved at first for a body that does not declare its length.
  private static let undeclaredReservation = 1 << 20

  /// Decodes the body and answers with what `respond` makes of it.
  ///
  /// - Throws: 413 for a body over the limit, 415 for an encoded one, 429 when the budget is
  ///   spent, and whatever `decode` and `respond` throw.
  func withValue<Value: Sendable>(
    of request: Request,
    decodedBy decode: @escaping @Sendable (UnsafeRawBufferPointer) throws(RequestError) -> Value,
    _ respond: (Value) async throws -> Response
  ) async throws -> Response {
    try checkEncoding(request)
    var reserved = 0
    defer { budget.release(reserved) }
    let buffer = try await collect(request, reserved: &reserved)
    let value: Value
    if buffer.readableBytes > BlockingWork.bytesWorthAHop {
      value = try await BlockingWork.run { try buffer.withUnsafeReadableBytes(decode) }
    } else {
      value = try buffer.withUnsafeReadableBytes(decode)
    }
    return try await respond(value)
  }

  private func checkEncoding(_ request: Request) throws(RESTError) {
    guard let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity"
    else { return }
    throw RESTError(
      .unsupportedMediaType,
      "Bad request: Content-Encoding `\(encoding)` is not supported, send the body as it is")
  }

  private func collect(_ request: Request, reserved: inout Int) async throws -> ByteBuffer {
    let declared = request.headers[.contentLength].flatMap { Int($0) }
    var chunks = request.body.makeAsyncIterator()
    if let declared, declared > limit {
      try await discard(&chunks)
      throw RESTError.tooLarge(bytes: declared, limit: limit)
    }
    reserved = try await budget.acquire(declared ?? min(limit, Self.undeclaredReservation))
    var collected = ByteBuffer()
    while var chunk = try await next(&chunks) {
      let total = collected.readableBytes + chunk.readableBytes
      if total > limit {
        collected = ByteBuffer()
        try await discard(&chunks)
        throw RESTError.tooLarge(bytes: nil, limit: limit)
      }
      if total > reserved, reserved < budget.capacity {
        reserved += try await budget.acquire(max(total - reserved, reserved))
      }
      if collected.readableBytes == 0 {
        // A body of one piece, the usual case, is taken over without a copy.
        collected = chunk
        if let declared, declared > chunk.readableBytes {
          collected.reserveCapacity(declared)
        }
      } else {
        collected.writeBuffer(&chunk)
      }
    }
    return collected
  }

  /// The next piece; a body that breaks off or is framed wrongly is the client's fault.
  private func next(_ chunks: inout RequestBody.AsyncIterator) async throws -> ByteBuffer? {
    do {
      return try await chunks.next()
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      throw RESTError(.badRequest, "Bad request: the body could not be read: \(error)")
    }
  }

  /// Reads the rest of a refused body, within bounds: a client that is still sending would
  /// otherwise meet a closed connection instead of the answer.
  private func discard(_ chunks: inout RequestBody.AsyncIterator) async throws {
    let deadline = ContinuousClock.now + .seconds(5)
    var bytes = 0
    while bytes < 4 * limit, ContinuousClock.now < deadline {
      guard let chunk = try await chunks.next() else { return }
      bytes += chunk.readableBytes
    }
  }
}

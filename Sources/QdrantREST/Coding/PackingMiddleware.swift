import HTTPTypes
import Hummingbird
import NIOCore

/// Packs answers of some size for clients that ask for it.
struct PackingMiddleware: RouterMiddleware {
  typealias Context = RESTContext

  /// Answers of no more bytes gain nothing.
  private static let bytesWorthIt = 1024
  private static let types: Set<String> = [RESTResponse.jsonType, RESTResponse.textType]

  func handle(
    _ request: Request, context: RESTContext,
    next: (Request, RESTContext) async throws -> Response
  ) async throws -> Response {
    var response = try await next(request, context)
    guard let type = response.headers[.contentType], Self.types.contains(type),
      response.headers[.contentEncoding] == nil, Self.size(of: response) > Self.bytesWorthIt
    else { return response }
    let varies = response.headers[.vary].map { $0 + ", " } ?? ""
    response.headers[.vary] = varies + "accept-encoding"
    // Fields of a kind that come several times are one list.
    let accepted = request.headers[values: .acceptEncoding].joined(separator: ",")
    guard let coding = ContentCoding.preferred(by: accepted) else { return response }
    response.headers[.contentEncoding] = coding.rawValue
    response.headers[.contentLength] = nil
    if request.method == .head { return response }
    guard let packer = Packer(coding) else {
      throw RESTError(.tooManyRequests, "Rate limiting exceeded: out of memory")
    }
    let body = response.body
    response.body = ResponseBody { writer in
      let packing = PackingWriter(parent: writer, packer: packer)
      try await body.write(packing)
    }
    return response
  }

  /// The size of an answer's body, for `HEAD` that of the body it would have; unbounded when it is
  /// made while it is sent.
  private static func size(of response: Response) -> Int {
    let declared = response.headers[.contentLength].flatMap { Int($0) }
    return declared ?? response.body.contentLength ?? .max
  }
}

/// Packs what is written, and passes it on.
private struct PackingWriter: ResponseBodyWriter {
  var parent: any ResponseBodyWriter
  let packer: Packer

  /// What takes about a tenth of a millisecond is packed in place.
  private static let bytesInPlace = 16 << 10
  /// What is packed at once.
  private static let pieceBytes = 256 << 10

  mutating func write(_ buffer: ByteBuffer) async throws {
    var rest = buffer
    while let piece = rest.readSlice(length: min(Self.pieceBytes, rest.readableBytes)),
      piece.readableBytes > 0
    {
      let packed = try await pack(piece, isLast: false)
      if packed.readableBytes > 0 { try await parent.write(packed) }
    }
  }

  consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
    let packed = try await pack(ByteBuffer(), isLast: true)
    if packed.readableBytes > 0 { try await parent.write(packed) }
    try await parent.finish(trailingHeaders)
  }

  private func pack(_ buffer: ByteBuffer, isLast: Bool) async throws -> ByteBuffer {
    if buffer.readableBytes <= Self.bytesInPlace {
      return packer.pack(buffer, isLast: isLast)
    }
    return try await BlockingWork.run { [packer] in packer.pack(buffer, isLast: isLast) }
  }
}

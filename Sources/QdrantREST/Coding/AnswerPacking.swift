import DashboardPages
import HTTPTypes
import Hummingbird
import NIOCore
import TransportBase

/// Packs answers of some size for clients that ask for it.
enum AnswerPacking {
  /// Answers of no more bytes gain nothing.
  private static let bytesWorthIt = 1024
  private static let types: Set<String> = [
    RESTResponse.jsonType, RESTResponse.textType, WebPage.type(of: ".html"),
    WebPage.type(of: ".css"), WebPage.type(of: ".js"), WebPage.type(of: ".svg"),
    WebPage.type(of: ".wasm"),
  ]

  /// Makes an answer one that is packed while it is sent, if that is worth it. One to `HEAD` has
  /// the fields of the plain answer.
  static func pack(_ response: inout Response, for request: Request) {
    guard size(of: response, to: request) > bytesWorthIt, let type = response.headers[.contentType],
      types.contains(type), response.headers[.contentEncoding] == nil
    else { return }
    let varies = response.headers[.vary].map { $0 + ", " } ?? ""
    response.headers[.vary] = varies + "accept-encoding"
    // Fields of a kind that come several times are one list.
    let accepted = request.headers[values: .acceptEncoding].joined(separator: ",")
    // Without memory for packing, answers are sent as they are.
    guard request.method != .head, let coding = ContentCoding.preferred(by: accepted),
      let packer = Packer(coding)
    else { return }
    response.headers[.contentEncoding] = coding.rawValue
    response.headers[.contentLength] = nil
    let body = response.body
    response.body = ResponseBody { writer in
      let packing = PackingWriter(parent: writer, packer: packer)
      try await body.write(packing)
    }
  }

  /// The size of an answer's body, for `HEAD` that of the body it would have; unbounded when it is
  /// made while it is sent.
  private static func size(of response: Response, to request: Request) -> Int {
    if request.method != .head, let size = response.body.contentLength { return size }
    return response.headers[.contentLength].flatMap { Int($0) } ?? response.body.contentLength
      ?? .max
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

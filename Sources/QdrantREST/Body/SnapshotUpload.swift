import HTTPTypes
import Hummingbird
import NIOCore
import QdrantService
import TransportBase
import VectorDB

/// Receives a snapshot that a client sends, into a file: such bodies are far larger than what may
/// be held in memory.
struct SnapshotUpload: Sendable {
  private static let part = "snapshot"
  /// Bytes gathered before they are parsed and written: few, because they are outside of the
  /// budget of other bodies, which could not wait for those of an upload.
  private static let pieceBytes = 64 << 10

  let folder: SnapshotFolder
  /// The largest body taken, in bytes.
  let limit: Int

  /// - Parameter call: who waits for it.
  /// - Returns: the file, which the caller removes.
  /// - Throws: 400 for a body of another form, 408 for one that comes too slowly, 413 for one that
  ///   is too large.
  func receive(_ request: Request, _ call: ServiceCall) async throws -> SnapshotFile {
    let type = request.headers[.contentType] ?? ""
    guard var parser = MultipartFile(contentType: type, name: Self.part) else {
      throw RESTError(
        .badRequest,
        "Bad request: a snapshot is uploaded as multipart/form-data with a part `\(Self.part)`")
    }
    if let declared = request.headers[.contentLength].flatMap({ Int($0) }), declared > limit {
      throw RESTError.tooLarge(bytes: declared, limit: limit)
    }
    let folder = folder
    let file = try await BlockingWork.run { try folder.createUpload() }
    do {
      var total = 0
      var piece = ByteBuffer()
      var pieces = BodyPieces(request, call)
      while let chunk = try await pieces.next() {
        total += chunk.readableBytes
        guard total <= limit else { throw RESTError.tooLarge(bytes: nil, limit: limit) }
        piece.writeImmutableBuffer(chunk)
        guard piece.readableBytes >= Self.pieceBytes else { continue }
        parser = try await Self.feed(parser, piece, file)
        piece.clear()
      }
      parser = try await Self.feed(parser, piece, file)
      guard parser.isFound, parser.isComplete else {
        throw RESTError(
          .badRequest, "Bad request: the body has no complete part `\(Self.part)`")
      }
    } catch {
      Self.remove(file)
      throw error
    }
    return file
  }

  static func remove(_ file: SnapshotFile) {
    // What stays is removed with the next start.
    _ = try? SnapshotFile.remove(file.path)
  }

  private static func feed(
    _ parser: MultipartFile, _ piece: ByteBuffer, _ file: SnapshotFile
  ) async throws -> MultipartFile {
    try await BlockingWork.run {
      var parser = parser
      try parser.feed(piece.readableBytesView) { try file.write($0) }
      return parser
    }
  }
}

public import FastJSON
public import PointModel

/// A chunk as it lies in the store: under its id, with its fingerprint.
public struct IndexedChunk: Sendable, Equatable {
  /// The point's id.
  public let id: PointUUID
  /// The passage with its metadata.
  public let chunk: Chunk
  /// What tells whether it changed.
  public let fingerprint: ChunkFingerprint

  /// A chunk with id and fingerprint.
  public init(id: PointUUID, chunk: Chunk, fingerprint: ChunkFingerprint) {
    self.id = id
    self.chunk = chunk
    self.fingerprint = fingerprint
  }

  /// The member of the payload that holds the fingerprint, beside LangChain's two.
  public static let fingerprintKey = "quiver"

  /// The payload: `page_content`, `metadata` and the fingerprint.
  public var payload: JSONObjectValue {
    JSONObjectValue([
      ("page_content", .string(chunk.pageContent)), ("metadata", .object(chunk.metadata)),
      (Self.fingerprintKey, fingerprint.json),
    ])
  }
}

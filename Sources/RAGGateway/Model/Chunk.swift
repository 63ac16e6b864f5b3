public import FastJSON
public import PointModel

/// A passage with what its author says about it, in LangChain's layout.
public struct Chunk: Sendable, Equatable {
  /// The text that is embedded and quoted.
  public var pageContent: String
  /// Anything; `chunk_id` and `title` are used where present.
  public var metadata: JSONObjectValue

  /// A passage with its metadata.
  public init(pageContent: String, metadata: JSONObjectValue = .init()) {
    self.pageContent = pageContent
    self.metadata = metadata
  }

  /// The author's name for the chunk, a string or a whole number.
  public var chunkID: String? {
    guard let text = metadata["chunk_id"]?.identifierText, !text.isEmpty else { return nil }
    return text
  }

  /// The title, empty where there is none.
  public var title: String { metadata["title"]?.identifierText ?? "" }
}

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

/// A chunk that a search found.
public struct RetrievedChunk: Sendable, Equatable {
  /// The chunk's own id or, for a chunk without one, its point id.
  public let chunkID: String
  /// The title, empty where there is none.
  public let title: String
  /// The passage.
  public let text: String
  /// Similarity to the question; larger is nearer.
  public let score: Float

  /// A found chunk.
  public init(chunkID: String, title: String, text: String, score: Float) {
    self.chunkID = chunkID
    self.title = title
    self.text = text
    self.score = score
  }
}

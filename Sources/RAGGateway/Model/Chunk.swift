public import FastJSON
public import PointModel
public import SentenceEmbedding

/// A passage with what its author says about it, in LangChain's layout.
public struct Chunk: Sendable, Equatable {
  /// The text that is embedded and quoted.
  public var pageContent: String
  /// Anything; `chunk_id`, `title` and `source` are used where present.
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

  /// The document that the chunk is of, empty where that is not said.
  public var source: String { metadata["source"]?.identifierText ?? "" }
}

/// A chunk as it lies in the store: under its id, with its fingerprint.
///
/// A chunk that is longer than the embedding model reads is one point for its beginning, which
/// holds all of its text, and one for every further part, its windows.
public struct IndexedChunk: Sendable, Equatable {
  /// A part of a chunk that is a point of its own.
  public struct Window: Sendable, Equatable {
    /// The point of the chunk's beginning.
    public let parent: PointUUID
    /// From 1: the beginning is part 0.
    public let index: Int
  }

  /// The point's id.
  public let id: PointUUID
  /// The passage with its metadata.
  public let chunk: Chunk
  /// What tells whether it changed.
  public let fingerprint: ChunkFingerprint
  /// Whose chunk it is; empty while there is one owner only.
  public let tenant: String
  /// Which part of a chunk this is; `nil` for a whole one or its beginning.
  public let window: Window?
  /// The part of the text that the vector stands for; `nil` when that is all of it.
  public var opening: String?
  /// One bit a component of the vectors of its tokens; `nil` without them.
  public var tokens: TokenBits?

  /// A chunk with id and fingerprint.
  public init(
    id: PointUUID, chunk: Chunk, fingerprint: ChunkFingerprint, tenant: String = "",
    window: Window? = nil
  ) {
    self.id = id
    self.chunk = chunk
    self.fingerprint = fingerprint
    self.tenant = tenant
    self.window = window
  }

  /// The member of the payload that holds the fingerprint, beside LangChain's two.
  public static let fingerprintKey = "quiver"

  /// The payload: `page_content`, `metadata` and what the gateway keeps beside them.
  public var payload: JSONObjectValue {
    var own = fingerprint.json.objectValue ?? JSONObjectValue()
    if !tenant.isEmpty { own["tenant"] = .string(tenant) }
    if let window {
      own["parent"] = .string(window.parent.description)
      own["window"] = .integer(Int64(window.index))
    }
    if let opening { own["opening"] = .string(opening) }
    if let tokens { own["tokens"] = .string(tokens.text) }
    return JSONObjectValue([
      ("page_content", .string(chunk.pageContent)), ("metadata", .object(chunk.metadata)),
      (Self.fingerprintKey, .object(own)),
    ])
  }
}

/// A chunk that was found for a question, with all that spoke for it.
public struct RetrievedChunk: Sendable, Equatable {
  /// The chunk's own id or, for a chunk without one, its point id.
  public let chunkID: String
  /// The title, empty where there is none.
  public let title: String
  /// The passage or, of one that is longer than the embedding model reads, the part that was found.
  public let text: String
  /// Similarity to the question; larger is nearer.
  public let score: Float
  /// Its metadata.
  public var metadata: JSONObjectValue
  /// The vectors of the tokens of title and text, one bit a component.
  public var tokens: TokenBits?
  /// What spoke for it.
  public var signals: RetrievalSignals

  /// A found chunk.
  public init(
    chunkID: String, title: String, text: String, score: Float, metadata: JSONObjectValue = .init(),
    tokens: TokenBits? = nil, signals: RetrievalSignals = .init()
  ) {
    self.chunkID = chunkID
    self.title = title
    self.text = text
    self.score = score
    self.metadata = metadata
    self.tokens = tokens
    self.signals = signals
  }
}

/// What spoke for a chunk, each on its own scale; `nil` where it was not asked.
public struct RetrievalSignals: Sendable, Equatable {
  /// Cosine, or dot product, of the vectors of question and chunk.
  public var similarity: Float = 0
  /// BM25 of the question's words.
  public var lexical: Float?
  /// The mean, over the question's tokens, of the nearest token of the chunk.
  public var lateInteraction: Float?
  /// The verdict of the reranking service.
  public var rerank: Float?
  /// What the order is by.
  public var fused: Float = 0

  /// Nothing known yet.
  public init() {}
}

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

    /// Part `index` of the chunk that begins with the point `parent`.
    public init(parent: PointUUID, index: Int) {
      self.parent = parent
      self.index = index
    }
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

/// What is stored beside a chunk so that a later upload can tell whether it changed.
public struct ChunkFingerprint: Sendable, Equatable {
  /// SHA-256 of `page_content`, lower-case hexadecimal.
  public let contentHash: String
  /// SHA-256 of the metadata in canonical form, lower-case hexadecimal.
  public let metadataHash: String
  /// The model that made the vector.
  public let embeddingModel: String
  /// What the model was given.
  public let recipe: EmbeddingRecipe
  /// SHA-256 of the title that was embedded with the text; `nil` when none was.
  public let titleHash: String?
  /// Points that the chunk has, more than one when it is longer than the model reads.
  public var parts = 1

  /// A fingerprint of known hashes.
  public init(
    contentHash: String, metadataHash: String, embeddingModel: String,
    recipe: EmbeddingRecipe = .text, titleHash: String? = nil, parts: Int = 1
  ) {
    self.contentHash = contentHash
    self.metadataHash = metadataHash
    self.embeddingModel = embeddingModel
    self.recipe = recipe
    self.titleHash = titleHash
    self.parts = parts
  }

  /// The fingerprint of a chunk embedded with `embeddingModel` by a recipe.
  public init(of chunk: Chunk, embeddingModel: String, recipe: EmbeddingRecipe = .text) {
    let title = recipe == .text ? "" : chunk.title
    self.init(
      contentHash: ContentHash.sha256(chunk.pageContent),
      metadataHash: ContentHash.sha256(CanonicalJSON.text(of: .object(chunk.metadata))),
      embeddingModel: embeddingModel, recipe: recipe,
      titleHash: title.isEmpty ? nil : ContentHash.sha256(title))
  }

  /// Reads the payload member that `json` writes; `nil` when it is not one.
  public init?(json: JSONValue) {
    guard let content = json["content_sha256"]?.stringValue,
      let metadata = json["metadata_sha256"]?.stringValue,
      let model = json["embedding_model"]?.stringValue
    else { return nil }
    let number = json["recipe"]?.numberValue.flatMap { Int(exactly: $0) } ?? 1
    let parts = json["parts"]?.numberValue.flatMap { Int(exactly: $0) } ?? 1
    guard let recipe = EmbeddingRecipe(rawValue: number), parts >= 1 else { return nil }
    self.init(
      contentHash: content, metadataHash: metadata, embeddingModel: model, recipe: recipe,
      titleHash: json["title_sha256"]?.stringValue, parts: parts)
  }

  /// Whether the vectors of both are the same.
  func embedsAs(_ other: ChunkFingerprint) -> Bool {
    contentHash == other.contentHash && titleHash == other.titleHash && recipe == other.recipe
  }

  /// Whether nothing that the author gave has changed.
  func isUnchanged(from other: ChunkFingerprint) -> Bool {
    embedsAs(other) && metadataHash == other.metadataHash
  }

  /// The payload member.
  public var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("content_sha256", .string(contentHash)), ("metadata_sha256", .string(metadataHash)),
      ("embedding_model", .string(embeddingModel)),
    ]
    if recipe != .text { members.append(("recipe", .integer(Int64(recipe.rawValue)))) }
    if let titleHash { members.append(("title_sha256", .string(titleHash))) }
    if parts > 1 { members.append(("parts", .integer(Int64(parts)))) }
    return .object(JSONObjectValue(members))
  }
}

/// What is made of a chunk besides its vector, and what the vector is of. The number stands in the
/// metadata of a collection: one of another recipe is read as what it is, and filled on as it is.
public enum EmbeddingRecipe: Int, Sendable, CaseIterable {
  /// The vector of the text, up to what the model reads.
  case text = 1
  /// Vectors of the title with every window of the text, BM25 of both, and the vectors of their
  /// tokens, one bit a component.
  case titledWindows = 2

  /// The recipe of a collection that has to be made.
  public static let current = EmbeddingRecipe.titledWindows
}

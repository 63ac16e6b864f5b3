public import FastJSON

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

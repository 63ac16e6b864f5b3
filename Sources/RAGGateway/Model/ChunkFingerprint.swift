public import FastJSON

/// What is stored beside a chunk so that a later upload can tell whether it changed.
public struct ChunkFingerprint: Sendable, Equatable {
  /// SHA-256 of `page_content`, lower-case hexadecimal.
  public let contentHash: String
  /// SHA-256 of the metadata in canonical form, lower-case hexadecimal.
  public let metadataHash: String
  /// The model that made the vector.
  public let embeddingModel: String

  /// A fingerprint of known hashes.
  public init(contentHash: String, metadataHash: String, embeddingModel: String) {
    self.contentHash = contentHash
    self.metadataHash = metadataHash
    self.embeddingModel = embeddingModel
  }

  /// The fingerprint of a chunk embedded with `embeddingModel`.
  public init(of chunk: Chunk, embeddingModel: String) {
    self.init(
      contentHash: ContentHash.sha256(chunk.pageContent),
      metadataHash: ContentHash.sha256(CanonicalJSON.text(of: .object(chunk.metadata))),
      embeddingModel: embeddingModel)
  }

  /// Reads the payload member that `json` writes; `nil` when it is not one.
  public init?(json: JSONValue) {
    guard let content = json["content_sha256"]?.stringValue,
      let metadata = json["metadata_sha256"]?.stringValue,
      let model = json["embedding_model"]?.stringValue
    else { return nil }
    self.init(contentHash: content, metadataHash: metadata, embeddingModel: model)
  }

  /// The payload member.
  public var json: JSONValue {
    .object(
      JSONObjectValue([
        ("content_sha256", .string(contentHash)), ("metadata_sha256", .string(metadataHash)),
        ("embedding_model", .string(embeddingModel)),
      ]))
  }
}

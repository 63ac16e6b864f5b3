public import FastJSON

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

/// Who wrote an answer.
public struct GeneratorNote: Sendable, Equatable {
  /// `openai`, `extractive` or, when no generator was called, `none`.
  public let provider: String
  /// The language model, when there is one.
  public let model: String?
  /// What a reader has to know about how the answer came about.
  public let notice: String?

  /// A note.
  public init(provider: String, model: String? = nil, notice: String? = nil) {
    self.provider = provider
    self.model = model
    self.notice = notice
  }
}

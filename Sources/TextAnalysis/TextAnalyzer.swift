public import PointModel

/// Takes texts apart into the tokens by which they are found, as the parameters of a text index
/// say. Making one costs more than using it.
public struct TextAnalyzer: Sendable {
  private enum Tokenizer: Sendable {
    case words
    case whitespace
    case prefixes
    case multilingual(MultilingualWords)
  }

  private let tokenizer: Tokenizer
  private let filter: TokenFilter

  /// An analyzer as an index with these parameters needs it.
  public init(_ params: TextIndexParams) {
    tokenizer =
      switch params.tokenizer {
      case .word: .words
      case .whitespace: .whitespace
      case .prefix: .prefixes
      case .multilingual: .multilingual(MultilingualWords())
      }
    filter = TokenFilter(params)
  }

  /// The tokens of a stored text, in order; of the prefix tokenizer, all beginnings of each word.
  public func documentTokens(_ text: String) -> [String] {
    switch tokenizer {
    case .words: text.alphanumericRuns.compactMap { filter.token($0) }
    case .whitespace: text.nonBlankRuns.compactMap { filter.token($0) }
    case .multilingual(let words): words.words(of: text).compactMap { filter.token($0) }
    case .prefixes:
      text.alphanumericRuns.flatMap { word in
        filter.token(word, isBeginning: true).map(filter.beginnings) ?? []
      }
    }
  }

  /// The tokens of a text that is searched for, in order; of the prefix tokenizer, each word as far
  /// as it is indexed.
  public func queryTokens(_ text: String) -> [String] {
    guard case .prefixes = tokenizer else { return documentTokens(text) }
    return text.alphanumericRuns.compactMap { filter.searchedBeginning($0) }
  }
}

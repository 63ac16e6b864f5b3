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

  private static let always: @Sendable () -> Bool = { true }

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
    var tokens: [String] = []
    forEachDocumentToken(of: text, while: Self.always) { tokens.append($0) }
    return tokens
  }

  /// Passes the tokens of a stored text, in order, as they are found.
  ///
  /// - Parameter goesOn: asked after every few thousand characters, and in between where tokens
  ///   take long; `false` ends it.
  public func forEachDocumentToken(
    of text: String, while goesOn: @escaping () -> Bool, _ take: (String) -> Void
  ) {
    var pace = TextPace(goesOn)
    switch tokenizer {
    case .words: text.forEachRun(where: \.isAlphanumeric, &pace) { pass($0, &$1, take) }
    case .whitespace: text.forEachRun(where: \.isNoBlank, &pace) { pass($0, &$1, take) }
    case .multilingual(let words): words.forEachWord(of: text, &pace) { pass($0, &$1, take) }
    case .prefixes:
      text.forEachRun(where: \.isAlphanumeric, &pace) { word, pace in
        guard let token = filter.token(word, isBeginning: true) else { return }
        for beginning in filter.beginnings(token) {
          take(beginning)
          if !pace.step(TextPace.token) { return }
        }
      }
    }
  }

  private func pass(_ word: String, _ pace: inout TextPace, _ take: (String) -> Void) {
    if let token = filter.token(word) { take(token) }
    _ = pace.step(TextPace.token)
  }

  /// The tokens of a text that is searched for, in order; of the prefix tokenizer, each word as far
  /// as it is indexed.
  public func queryTokens(_ text: String) -> [String] {
    var tokens: [String] = []
    forEachQueryToken(of: text, while: Self.always) { tokens.append($0) }
    return tokens
  }

  /// Passes the tokens of a text that is searched for, in order, as they are found.
  ///
  /// - Parameter goesOn: as of ``forEachDocumentToken(of:while:_:)``.
  public func forEachQueryToken(
    of text: String, while goesOn: @escaping () -> Bool, _ take: (String) -> Void
  ) {
    guard case .prefixes = tokenizer else {
      return forEachDocumentToken(of: text, while: goesOn, take)
    }
    var pace = TextPace(goesOn)
    text.forEachRun(where: \.isAlphanumeric, &pace) { word, pace in
      if let token = filter.searchedBeginning(word) { take(token) }
      _ = pace.step(TextPace.token)
    }
  }
}

public import PointModel

/// Takes texts apart into the tokens by which they are found.
public struct TextAnalyzer: Sendable {
  private let tokenizer: TextIndexParams.Tokenizer
  private let lowercases: Bool

  public init(_ params: TextIndexParams) {
    tokenizer = params.tokenizer
    lowercases = params.lowercase ?? true
  }

  /// The tokens of a stored text, in order.
  public func documentTokens(_ text: String) -> [String] {
    text.unicodeScalars.split { !$0.properties.isAlphabetic && $0.properties.numericType == nil }
      .map { lowercases ? String($0).lowercased() : String($0) }
  }

  /// The tokens of a text that is searched for, in order.
  public func queryTokens(_ text: String) -> [String] {
    documentTokens(text)
  }
}

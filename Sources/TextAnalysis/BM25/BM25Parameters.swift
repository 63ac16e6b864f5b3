public import PointModel

/// How texts become the weights of BM25.
public struct BM25Parameters: Sendable, Equatable {
  /// How soon a token that is repeated adds no more; at least 0.
  public var saturation: Double
  /// How much a long text is marked down, from 0 (not at all) to 1.
  public var lengthPenalty: Double
  /// Tokens of an average text, more than 0.
  public var averageLength: Double
  /// How texts are cut into tokens.
  public var text: TextIndexParams

  /// - Parameters:
  ///   - text: how texts are cut into tokens; stop words and stemmer, where they are not said, are
  ///     those of `language`.
  ///   - language: a name or a code. Of one that is not known no words are stopped or stemmed.
  public init(
    saturation: Double = 1.2, lengthPenalty: Double = 0.75, averageLength: Double = 256,
    text: TextIndexParams = TextIndexParams(), language: String = "english"
  ) {
    self.saturation = saturation
    self.lengthPenalty = lengthPenalty
    self.averageLength = averageLength
    self.text = text
    if text.stopwords == nil {
      self.text.stopwords = StopwordLanguage(named: language).map { .language($0) }
    }
    if text.stemmer == nil {
      self.text.stemmer = SnowballLanguage(named: language).map { .snowball($0) }
    }
  }

  /// What is wrong with the numbers; `nil` if nothing is.
  public var problem: String? {
    if !saturation.isFinite || saturation < 0 {
      return "BM25 k1 must be finite and >= 0, got \(Self.told(saturation))"
    }
    if !lengthPenalty.isFinite || !(0...1).contains(lengthPenalty) {
      return "BM25 b must be finite and in [0.0, 1.0], got \(Self.told(lengthPenalty))"
    }
    if !averageLength.isFinite || averageLength <= 0 {
      return "BM25 avg_doc_len must be finite and > 0, got \(Self.told(averageLength))"
    }
    return nil
  }

  /// The number without a fraction that it does not have.
  private static func told(_ number: Double) -> String {
    let text = number.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

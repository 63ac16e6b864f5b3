/// Text that is found by its words: how it is cut into tokens, and what is done to them.
public struct TextIndexParams: Sendable, Equatable {
  /// How text is cut into tokens.
  public enum Tokenizer: String, Sendable, CaseIterable {
    /// Words, each indexed by all of its beginnings.
    case prefix
    /// What whitespace separates.
    case whitespace
    /// Runs of letters and digits.
    case word
    /// Words by the rules of the script they are written in.
    case multilingual
  }

  /// How texts are cut into tokens.
  public var tokenizer: Tokenizer
  /// Tokens of fewer characters are left out; `nil` keeps them.
  public var minTokenLength: Int?
  /// Tokens of more characters are left out; `nil` keeps them.
  public var maxTokenLength: Int?
  /// Whether case makes no difference; the default is `true`.
  public var lowercase: Bool?
  /// Whether accents make no difference; the default is `false`.
  public var asciiFolding: Bool?
  /// Whether phrases can be searched; the default is `false`.
  public var phraseMatching: Bool?
  /// Words that are left out; `nil` for none.
  public var stopwords: Stopwords?
  /// How words are reduced to their stems; `nil` leaves them as they are.
  public var stemmer: Stemmer?
  /// Where clients want the index.
  public var placement: IndexPlacement

  /// Parameters of an index of texts.
  public init(
    tokenizer: Tokenizer = .word, minTokenLength: Int? = nil, maxTokenLength: Int? = nil,
    lowercase: Bool? = nil, asciiFolding: Bool? = nil, phraseMatching: Bool? = nil,
    stopwords: Stopwords? = nil, stemmer: Stemmer? = nil,
    placement: IndexPlacement = IndexPlacement()
  ) {
    self.tokenizer = tokenizer
    self.minTokenLength = minTokenLength
    self.maxTokenLength = maxTokenLength
    self.lowercase = lowercase
    self.asciiFolding = asciiFolding
    self.phraseMatching = phraseMatching
    self.stopwords = stopwords
    self.stemmer = stemmer
    self.placement = placement
  }
}

/// Words that a text index leaves out.
public enum Stopwords: Sendable, Equatable {
  /// The list of one language.
  case language(StopwordLanguage)
  /// The lists of languages, and words of one's own; `nil` where nothing was given. Both are in
  /// ascending order and hold nothing twice.
  case set(languages: [StopwordLanguage]?, custom: [String]?)
}

/// A language with a list of stopwords. The raw value is its name on the wire.
public enum StopwordLanguage: String, Sendable, Hashable, CaseIterable {
  case arabic, azerbaijani, basque, bengali, catalan, chinese, danish, dutch, english, finnish
  case french, german, greek, hebrew, hinglish, hungarian, indonesian, italian, japanese, kazakh
  case nepali, norwegian, portuguese, romanian, russian, slovene, spanish, swedish, tajik, turkish
}

/// How words are reduced to their stems.
public enum Stemmer: Sendable, Equatable {
  /// The Snowball algorithm of a language.
  case snowball(SnowballLanguage)
  /// Explicitly none.
  case none
}

/// A language with a Snowball stemmer. The raw value is its name on the wire.
public enum SnowballLanguage: String, Sendable, Hashable, CaseIterable {
  case arabic, armenian, danish, dutch, english, finnish, french, german, greek, hungarian
  case italian, norwegian, portuguese, romanian, russian, spanish, swedish, tamil, turkish
}

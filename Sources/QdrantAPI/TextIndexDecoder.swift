import FastJSON
import PointModel

/// Reads the parameters of text indexes.
enum TextIndexDecoder {
  static func params(
    _ field: FieldReader, _ placement: IndexPlacement
  ) throws(DecodingFault) -> TextIndexParams {
    let tokenizer = try field.optional("tokenizer") { name throws(DecodingFault) in
      try name.choice(TextIndexParams.Tokenizer.allCases.map(\.rawValue))
    }
    return TextIndexParams(
      tokenizer: tokenizer.flatMap(TextIndexParams.Tokenizer.init) ?? .word,
      minTokenLength: try length("min_token_len", field),
      maxTokenLength: try length("max_token_len", field),
      lowercase: try field.flag("lowercase"), asciiFolding: try field.flag("ascii_folding"),
      phraseMatching: try field.flag("phrase_matching"),
      stopwords: try field.optional("stopwords", stopwords),
      stemmer: try field.optional("stemmer", stemmer), placement: placement)
  }

  private static func length(
    _ key: String, _ field: FieldReader
  ) throws(DecodingFault) -> Int? {
    try field.optional(key) { length throws(DecodingFault) in try length.integer() }
  }

  /// A language, or an object of languages and words.
  private static func stopwords(_ field: FieldReader) throws(DecodingFault) -> Stopwords {
    if field.element.kind == .string { return .language(try stopwordLanguage(field)) }
    guard field.element.kind == .object else {
      throw .format("data did not match any variant of untagged enum StopwordsInterface")
    }
    let languages = try field.optional("languages") { list throws(DecodingFault) in
      try list.map(stopwordLanguage)
    }
    let custom = try field.optional("custom") { list throws(DecodingFault) in
      try list.map { word throws(DecodingFault) in try word.string() }
    }
    return .set(
      languages: languages.map { languages in
        Set(languages).sorted { $0.rawValue < $1.rawValue }
      }, custom: custom.map { Set($0).sorted() })
  }

  private static func stopwordLanguage(
    _ field: FieldReader
  ) throws(DecodingFault) -> StopwordLanguage {
    let name = try field.string()
    if let language = StopwordLanguage(named: name) { return language }
    let known = FieldReader.alternatives(StopwordLanguage.allCases.map(\.rawValue))
    throw .format("unknown variant `\(name)`, expected \(known)")
  }

  private static func stemmer(_ field: FieldReader) throws(DecodingFault) -> Stemmer {
    let noVariant = DecodingFault.format(
      "data did not match any variant of untagged enum StemmingAlgorithm")
    guard field.element.kind == .object else { throw noVariant }
    switch field["type"]?.element.string {
    case "none": return .none
    case "snowball":
      return .snowball(try field.required("language", snowballLanguage))
    default: throw noVariant
    }
  }

  private static func snowballLanguage(
    _ field: FieldReader
  ) throws(DecodingFault) -> SnowballLanguage {
    let name = try field.string()
    if let language = SnowballLanguage(named: name) { return language }
    let known = FieldReader.alternatives(SnowballLanguage.allCases.map(\.rawValue))
    throw .format("unknown variant `\(name)`, expected \(known)")
  }
}

extension StopwordLanguage {
  /// The language of a name or a code.
  public init?(named name: String) {
    guard let language = Self(rawValue: name) ?? Self.codes[name] else { return nil }
    self = language
  }

  private static let codes: [String: StopwordLanguage] = [
    "ar": .arabic, "az": .azerbaijani, "eu": .basque, "bn": .bengali, "ca": .catalan,
    "zh": .chinese, "da": .danish, "nl": .dutch, "en": .english, "fi": .finnish, "fr": .french,
    "de": .german, "el": .greek, "he": .hebrew, "hi-en": .hinglish, "hu": .hungarian,
    "id": .indonesian, "it": .italian, "jp": .japanese, "kk": .kazakh, "ne": .nepali,
    "no": .norwegian, "pt": .portuguese, "ro": .romanian, "ru": .russian, "sl": .slovene,
    "es": .spanish, "sv": .swedish, "tg": .tajik, "tr": .turkish,
  ]
}

extension SnowballLanguage {
  /// The language of a name or a code.
  public init?(named name: String) {
    guard let language = Self(rawValue: name) ?? Self.codes[name] else { return nil }
    self = language
  }

  private static let codes: [String: SnowballLanguage] = [
    "ar": .arabic, "hy": .armenian, "da": .danish, "nl": .dutch, "en": .english, "fi": .finnish,
    "fr": .french, "de": .german, "el": .greek, "hu": .hungarian, "it": .italian,
    "no": .norwegian, "pt": .portuguese, "ro": .romanian, "ru": .russian, "es": .spanish,
    "sv": .swedish, "ta": .tamil, "tr": .turkish,
  ]
}

import PointModel

/// Words that say little by themselves: articles, pronouns, prepositions, auxiliary verbs and the
/// like of each language.
enum StopwordList {
  /// The words that `stopwords` names.
  static func words(_ stopwords: Stopwords?, lowercased: Bool) -> Set<String> {
    switch stopwords {
    case nil: return []
    case .language(let language): return Set(list(of: language))
    case .set(let languages, let custom):
      let own = (custom ?? []).map { lowercased ? $0.lowercasedInContext() : $0 }
      return (languages ?? []).reduce(into: Set(own)) { $0.formUnion(list(of: $1)) }
    }
  }

  /// The words of one language, in lower case.
  static func list(of language: StopwordLanguage) -> [String] {
    source(of: language).split { $0 == " " || $0 == "\n" }.map(String.init)
  }

  private static func source(of language: StopwordLanguage) -> String {
    switch language {
    case .arabic: arabic
    case .azerbaijani: azerbaijani
    case .basque: basque
    case .bengali: bengali
    case .catalan: catalan
    case .chinese: chinese
    case .danish: danish
    case .dutch: dutch
    case .english: english
    case .finnish: finnish
    case .french: french
    case .german: german
    case .greek: greek
    case .hebrew: hebrew
    case .hinglish: hinglish
    case .hungarian: hungarian
    case .indonesian: indonesian
    case .italian: italian
    case .japanese: japanese
    case .kazakh: kazakh
    case .nepali: nepali
    case .norwegian: norwegian
    case .portuguese: portuguese
    case .romanian: romanian
    case .russian: russian
    case .slovene: slovene
    case .spanish: spanish
    case .swedish: swedish
    case .tajik: tajik
    case .turkish: turkish
    }
  }
}

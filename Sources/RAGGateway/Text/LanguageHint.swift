import TextAnalysis

/// Says so where questions or passages are in another language than the one that the embedding
/// model reads. The sentences have no mark at their end.
enum LanguageHint {
  private static let remedy =
    "things are found less well, and EMBEDDINGS__MODEL=multilingual-e5-small reads many languages"

  /// What to say of a question to a model that reads `language` alone; `nil` where the question may
  /// well be in it, or the model reads many.
  static func on(question: String, language: String?) -> String? {
    guard let language, isForeign(question, to: language) else { return nil }
    return
      "The question is evidently not in \(language), which the embedding model reads: \(remedy)"
  }

  /// As for a question, of passages some of which were found to be in another language.
  static func onPassages(language: String) -> String {
    "Some passages are evidently not in \(language), which the embedding model reads: \(remedy)"
  }

  /// Whether a text is evidently not in `language`. Only English is told apart.
  static func isForeign(_ text: String, to language: String?) -> Bool {
    language == "English" && LanguageGuess.isEvidentlyNotEnglish(text)
  }
}

import PointModel

/// Tells texts in English from texts in other languages, by their script and by the words that
/// every text of a language is full of. Names, code and texts of few words say neither.
public enum LanguageGuess {
  /// Words that are looked at: more would not change the verdict.
  private static let wordsRead = 200
  private static let fewestLetters = 4
  private static let fewestWords = 2

  /// The bits of a word's languages, English first.
  private static let languages: [String: UInt64] = {
    // Hinglish holds most words of English.
    let others = StopwordLanguage.allCases.filter { $0 != .english && $0 != .hinglish }
    var languages: [String: UInt64] = [:]
    for (bit, language) in ([.english] + others).enumerated() {
      // Letters that stand alone are names of things and abbreviations in English.
      for word in StopwordList.list(of: language) where word.count > 1 || language == .english {
        languages[word, default: 0] |= 1 << bit
      }
    }
    return languages
  }()

  /// Whether `text` is evidently in another language than English: a third of its letters are of no
  /// Latin script, or it has twice as many common words of some other language as of English, or
  /// every tenth letter bears a mark, as in Polish or Vietnamese.
  public static func isEvidentlyNotEnglish(_ text: String) -> Bool {
    let words = text.unicodeScalars.split(maxSplits: wordsRead) { !isPart($0) }
      .prefix(wordsRead)
    var letters = 0
    var marked = 0
    var foreign = 0
    var counts = [Int](repeating: 0, count: UInt64.bitWidth)
    for word in words {
      for scalar in word where scalar.properties.isAlphabetic {
        letters += 1
        if scalar.value > 0x24F, !(0x1E00...0x1EFF).contains(scalar.value) {
          foreign += 1
        } else if !scalar.isASCII {
          marked += 1
        }
      }
      var bits = languages[String(word).lowercased()] ?? 0
      while bits != 0 {
        counts[bits.trailingZeroBitCount] += 1
        bits &= bits - 1
      }
    }
    if foreign >= fewestLetters, 3 * foreign >= letters { return true }
    if marked >= fewestLetters, 10 * marked >= letters { return true }
    let other = counts.dropFirst().max() ?? 0
    return other >= fewestWords && other > 2 * counts[0]
  }

  private static func isPart(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || scalar == "'" || scalar == "’"
  }
}

import CUnicodeText
import PointModel
import Synchronization

/// Finds words by the rules of the script they are written in and brings them into a common form:
/// compatibility characters resolved, lower case, and without accents where the script has them.
final class MultilingualWords: Sendable {
  private let segmenter = Mutex(WordSegmenter())

  /// Passes the words of a text, in order.
  func forEachWord(
    of text: String, _ pace: inout TextPace, _ take: (String, inout TextPace) -> Void
  ) {
    text.forEachRun(where: \.isOfWord, &pace) { run, pace in
      Self.forEachPart(of: run, &pace) { part, pace in
        if part.unicodeScalars.contains(where: \.needsDictionary) {
          forEachWordByDictionary(of: part, &pace) { pass($0, &$1, take) }
        } else {
          for word in Self.withoutArticle(part) { pass(word, &pace, take) }
        }
      }
    }
  }

  private func pass(
    _ word: String, _ pace: inout TextPace, _ take: (String, inout TextPace) -> Void
  ) {
    guard word.unicodeScalars.contains(where: \.properties.isAlphabetic) else { return }
    let form = Self.normalized(word)
    if pace.step(TextPace.token + word.utf8.count) { take(form, &pace) }
  }

  /// Scalars that are looked up together.
  private static let windowScalars = 4096
  /// Scalars before the end of a window whose words are looked up again with what follows.
  private static let overlapScalars = 256

  /// Passes the words of a part that are written without anything between them. A long part is
  /// looked up piece by piece: ICU finds all words of a piece in one call, which takes as long.
  private func forEachWordByDictionary(
    of part: String, _ pace: inout TextPace, _ take: (String, inout TextPace) -> Void
  ) {
    var rest = part.unicodeScalars[...]
    while !rest.isEmpty {
      let window = rest.prefix(Self.windowScalars)
      var words = segmenter.withLock { $0.words(of: String(window)) }
      if window.endIndex < rest.endIndex {
        // What comes next may belong to the last words.
        var dropped = 0
        while dropped < Self.overlapScalars, words.count > 1, let last = words.popLast() {
          dropped += last.unicodeScalars.count
        }
      }
      var length = 0
      for word in words {
        length += word.unicodeScalars.count
        take(word, &pace)
        if !pace.step() { return }
      }
      if length == 0 { return }
      rest = rest.dropFirst(length)
    }
  }

  /// Passes the parts of a run that are each written in one script. Digits, signs and letters of
  /// scripts without rules of their own stay with what is before them.
  private static func forEachPart(
    of run: String, _ pace: inout TextPace, _ take: (String, inout TextPace) -> Void
  ) {
    if run.utf8.allSatisfy({ $0 < 0x80 }) { return take(run, &pace) }
    let scalars = run.unicodeScalars
    var start = scalars.startIndex
    var current = QUIVER_SCRIPT_OTHER
    for index in scalars.indices {
      guard pace.step(4) else { return }
      let script = scalars[index].scriptOfWords
      if script == QUIVER_SCRIPT_OTHER || script == current { continue }
      if current != QUIVER_SCRIPT_OTHER {
        take(String(scalars[start..<index]), &pace)
        start = index
      }
      current = script
    }
    take(String(scalars[start...]), &pace)
  }

  /// The Arabic article is a word of its own.
  private static func withoutArticle(_ word: String) -> [String] {
    let scalars = word.unicodeScalars
    guard let first = scalars.first, "اأإآٱ".unicodeScalars.contains(first),
      scalars.dropFirst().first == "ل", scalars.count > 2
    else { return [word] }
    return [String(scalars.prefix(2)), String(scalars.dropFirst(2))]
  }

  private static func normalized(_ word: String) -> String {
    let isASCII = word.utf8.allSatisfy { $0 < 0x80 }
    let form = isASCII ? word.lowercased() : UnicodeNormalization.decompose(word).lowercased()
    let script = word.unicodeScalars.lazy.map(\.scriptOfWords).first { $0 != QUIVER_SCRIPT_OTHER }
    let dropsAccents = !isASCII && script?.hasAccents == true
    var result = String.UnicodeScalarView()
    for scalar in form.unicodeScalars {
      switch scalar {
      case _ where scalar.properties.generalCategory == .control && !scalar.properties.isWhitespace:
        break
      case _ where !dropsAccents: result.append(scalar)
      case "æ": result.append(contentsOf: "ae".unicodeScalars)
      case "œ": result.append(contentsOf: "oe".unicodeScalars)
      case "ς": result.append("σ")
      case "ة": result.append("ه")
      case "ى": result.append("ي")
      case "ٱ": result.append("ا")
      // The bar that stretches an Arabic word says nothing.
      case "\u{0640}": break
      default:
        if scalar.properties.generalCategory != .nonspacingMark { result.append(scalar) }
      }
    }
    return String(result)
  }
}

extension Unicode.Scalar {
  fileprivate var isOfWord: Bool { !partsWords }

  /// Blanks, punctuation and signs of arithmetic. Other signs, currencies and pictures are parts of
  /// the words they stand beside.
  private var partsWords: Bool {
    if isAlphanumeric { return false }
    switch value {
    case 0x09, 0x0A, 0x0D, 0x2B, 0x60, 0xB1, 0xD7, 0xF7, 0x200C, 0xFEFF: return true
    case 0x2226, 0x228E: return false
    case 0x2212...0x22FF: return true
    // Blanks and a hyphen that do not break, and more that Qdrant does not part by.
    case 0xA0, 0x2000, 0x2001, 0x2011, 0x2028, 0x202F, 0x205F, 0x2E53...0x2E5D: return false
    default: break
    }
    return switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation, .spaceSeparator, .lineSeparator,
      .paragraphSeparator:
      true
    default: false
    }
  }

  private var script: quiver_script { quiver_script_of(value) }

  /// The script whose rules a word goes by; those that Japanese mixes are one.
  fileprivate var scriptOfWords: quiver_script {
    if isASCII { return properties.isAlphabetic ? QUIVER_SCRIPT_LATIN : QUIVER_SCRIPT_OTHER }
    return switch script {
    case QUIVER_SCRIPT_HAN, QUIVER_SCRIPT_HIRAGANA, QUIVER_SCRIPT_KATAKANA: QUIVER_SCRIPT_HAN
    case QUIVER_SCRIPT_LAO: QUIVER_SCRIPT_OTHER
    case let script: script
    }
  }

  /// Whether words of this script are written without anything between them.
  fileprivate var needsDictionary: Bool {
    if value < 0x0E00 { return false }
    return switch script {
    case QUIVER_SCRIPT_HAN, QUIVER_SCRIPT_HIRAGANA, QUIVER_SCRIPT_KATAKANA, QUIVER_SCRIPT_KHMER,
      QUIVER_SCRIPT_LAO, QUIVER_SCRIPT_MYANMAR, QUIVER_SCRIPT_THAI:
      true
    default: false
    }
  }
}

extension quiver_script {
  /// Whether marks above and below letters of this script are accents, without which words are
  /// found too.
  fileprivate var hasAccents: Bool {
    switch self {
    case QUIVER_SCRIPT_ARABIC, QUIVER_SCRIPT_GREEK, QUIVER_SCRIPT_HEBREW, QUIVER_SCRIPT_LATIN,
      QUIVER_SCRIPT_THAI:
      true
    default: false
    }
  }
}

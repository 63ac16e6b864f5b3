import CUnicodeText
import PointModel
import Synchronization

/// Finds words by the rules of the script they are written in and brings them into a common form:
/// compatibility characters resolved, lower case, and without accents where the script has them.
final class MultilingualWords: Sendable {
  private let segmenter = Mutex(WordSegmenter())

  /// The words of a text, in order.
  func words(of text: String) -> [String] {
    text.runs { !$0.partsWords }.flatMap(Self.partsByScript).flatMap { part in
      if part.unicodeScalars.contains(where: \.needsDictionary) {
        return segmenter.withLock { $0.words(of: part) }
      }
      return Self.withoutArticle(part)
    }
    .compactMap { word in
      word.unicodeScalars.contains(where: \.properties.isAlphabetic) ? Self.normalized(word) : nil
    }
  }

  /// The parts of a run that are each written in one script. Digits, signs and letters of scripts
  /// without rules of their own stay with what is before them.
  private static func partsByScript(_ run: String) -> [String] {
    if run.utf8.allSatisfy({ $0 < 0x80 }) { return [run] }
    let scalars = run.unicodeScalars
    var parts: [String] = []
    var start = scalars.startIndex
    var current = QUIVER_SCRIPT_OTHER
    for index in scalars.indices {
      let script = scalars[index].scriptOfWords
      if script == QUIVER_SCRIPT_OTHER || script == current { continue }
      if current != QUIVER_SCRIPT_OTHER {
        parts.append(String(scalars[start..<index]))
        start = index
      }
      current = script
    }
    parts.append(String(scalars[start...]))
    return parts
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
  /// Blanks, punctuation and signs of arithmetic. Other signs, currencies and pictures are parts of
  /// the words they stand beside.
  fileprivate var partsWords: Bool {
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

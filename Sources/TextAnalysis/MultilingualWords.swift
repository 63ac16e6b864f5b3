import CUnicodeText
import PointModel
import Synchronization

/// Finds words by the rules of the script they are written in and brings them into a common form:
/// compatibility characters resolved, lower case, and without accents where the script has them.
final class MultilingualWords: Sendable {
  private let segmenter = Mutex(WordSegmenter())

  /// The words of a text, in order.
  func words(of text: String) -> [String] {
    text.runs(where: Self.isPart).flatMap { run in
      run.unicodeScalars.contains(where: \.needsDictionary)
        ? segmenter.withLock { $0.words(of: run) } : [run]
    }
    .compactMap { word in
      word.unicodeScalars.contains(where: \.properties.isAlphabetic) ? Self.normalized(word) : nil
    }
  }

  /// Letters, digits, the marks that go with them, and signs that do not part words.
  private static func isPart(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isAlphanumeric { return true }
    if scalar.isASCII { return "=^|~".unicodeScalars.contains(scalar) }
    return switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }

  private static func normalized(_ word: String) -> String {
    if word.utf8.allSatisfy({ $0 < 0x80 }) { return word.lowercased() }
    let decomposed = UnicodeNormalization.decompose(word).lowercased()
    guard word.unicodeScalars.first?.hasAccents == true else { return decomposed }
    var result = String.UnicodeScalarView()
    for scalar in decomposed.unicodeScalars {
      switch scalar {
      case "æ": result.append(contentsOf: "ae".unicodeScalars)
      case "œ": result.append(contentsOf: "oe".unicodeScalars)
      case "ς": result.append("σ")
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
  private var script: quiver_script { quiver_script_of(value) }

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

  /// Whether marks above and below letters of this script are accents, without which words are
  /// found too.
  fileprivate var hasAccents: Bool {
    switch script {
    case QUIVER_SCRIPT_ARABIC, QUIVER_SCRIPT_GREEK, QUIVER_SCRIPT_HEBREW, QUIVER_SCRIPT_LATIN,
      QUIVER_SCRIPT_THAI:
      true
    default: false
    }
  }
}

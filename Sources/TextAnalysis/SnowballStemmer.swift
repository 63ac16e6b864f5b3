import CStemmer
import PointModel
import Synchronization

/// Reduces words to their stems by the Snowball algorithm of a language, from libstemmer.
///
/// Where newer versions of an algorithm differ, stems are those of the first, which Qdrant's are.
final class SnowballStemmer: Sendable {
  private let language: SnowballLanguage
  private let handle: Mutex<Handle>

  init(_ language: SnowballLanguage) {
    self.language = language
    handle = Mutex(Handle(language))
  }

  /// The stem of a word in lower case.
  func stem(_ word: String) -> String {
    switch language {
    case .russian where word.unicodeScalars.contains(Self.russianYo): stemKeepingYo(word)
    case .finnish: Self.withoutPair(atEndOf: stemAsIs(word))
    default: stemAsIs(word)
    }
  }

  private func stemAsIs(_ word: String) -> String {
    handle.withLock { $0.stem(word) }
  }

  // MARK: Russian

  private static let russianYo: Unicode.Scalar = "ё"
  /// No letter of Russian: the algorithm leaves it alone, as the first one did with ё.
  private static let standIn: Unicode.Scalar = "ђ"

  /// Newer versions begin with making an е of every ё.
  private func stemKeepingYo(_ word: String) -> String {
    let stem = stemAsIs(Self.replacing(Self.russianYo, with: Self.standIn, in: word))
    return Self.replacing(Self.standIn, with: Self.russianYo, in: stem)
  }

  private static func replacing(
    _ old: Unicode.Scalar, with new: Unicode.Scalar, in word: String
  ) -> String {
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: word.unicodeScalars.lazy.map { $0 == old ? new : $0 })
    return String(scalars)
  }

  // MARK: Finnish

  private static let finnishVowels = Set("aeiouyäö".unicodeScalars)
  private static let finnishConsonants = Set("bcdfghjklmnpqrstvwxz".unicodeScalars)

  /// The first version makes one of a pair of anything but vowels at the end, as of the zeros of
  /// 100; newer ones of consonants only.
  private static func withoutPair(atEndOf stem: String) -> String {
    var scalars = stem.unicodeScalars
    guard let last = scalars.lastIndex(where: { !finnishVowels.contains($0) }),
      last > scalars.startIndex, !finnishConsonants.contains(scalars[last]),
      scalars[scalars.index(before: last)] == scalars[last]
    else { return stem }
    scalars.remove(at: last)
    return String(scalars)
  }

  /// One stemmer of the library, which serves one caller at a time.
  private struct Handle: ~Copyable {
    private let stemmer: OpaquePointer

    init(_ language: SnowballLanguage) {
      guard let stemmer = sb_stemmer_new(language.rawValue, nil) else {
        preconditionFailure("libstemmer has no algorithm named \(language.rawValue)")
      }
      self.stemmer = stemmer
    }

    deinit { sb_stemmer_delete(stemmer) }

    func stem(_ word: String) -> String {
      var word = word
      return word.withUTF8 { bytes in
        // A result is missing only when memory is.
        guard let stem = sb_stemmer_stem(stemmer, bytes.baseAddress, Int32(clamping: bytes.count))
        else { return String(decoding: bytes, as: UTF8.self) }
        let length = Int(sb_stemmer_length(stemmer))
        return String(decoding: UnsafeBufferPointer(start: stem, count: length), as: UTF8.self)
      }
    }
  }
}

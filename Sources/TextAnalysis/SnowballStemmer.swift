import CStemmer
import PointModel
import Synchronization

/// Reduces words to their stems by the Snowball algorithm of a language, from libstemmer.
final class SnowballStemmer: Sendable {
  private let handle: Mutex<Handle>

  init(_ language: SnowballLanguage) {
    handle = Mutex(Handle(language))
  }

  /// The stem of a word in lower case.
  func stem(_ word: String) -> String {
    handle.withLock { $0.stem(word) }
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

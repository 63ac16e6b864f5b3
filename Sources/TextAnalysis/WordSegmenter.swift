import CUnicodeText

/// ICU's iterator over the boundaries of words, which serves one caller at a time.
struct WordSegmenter: ~Copyable {
  private let iterator: OpaquePointer

  init() {
    guard let iterator = quiver_words_open() else {
      preconditionFailure("ICU has no rules for words")
    }
    self.iterator = iterator
  }

  deinit { quiver_words_close(iterator) }

  func words(of text: String) -> [String] {
    let units = Array(text.utf16)
    return units.withUnsafeBufferPointer { units in
      guard quiver_words_set_text(iterator, units.baseAddress, Int32(clamping: units.count)) != 0
      else {
        return [text]
      }
      var words: [String] = []
      var start = 0
      while true {
        let end = Int(quiver_words_next_boundary(iterator))
        guard end > start else { return words }
        words.append(String(decoding: units[start..<end], as: UTF16.self))
        start = end
      }
    }
  }
}

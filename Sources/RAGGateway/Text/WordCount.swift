/// How long a text is in words.
///
/// Scripts that put no spaces between words count one word for every two characters.
enum WordCount {
  static func of(_ text: some StringProtocol) -> Int {
    var words = 0
    var unspaced = 0
    var insideWord = false
    for scalar in text.unicodeScalars {
      if scalar.properties.isWhitespace {
        insideWord = false
      } else if isUnspaced(scalar) {
        unspaced += 1
        insideWord = false
      } else if !insideWord {
        insideWord = true
        words += 1
      }
    }
    return words + (unspaced + 1) / 2
  }

  /// Han, kana, Thai, Lao and Khmer.
  static func isUnspaced(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0e00...0x0eff, 0x1780...0x17ff, 0x3040...0x30ff, 0x3400...0x4dbf, 0x4e00...0x9fff,
      0xf900...0xfaff, 0x20000...0x2fa1f:
      true
    default: false
    }
  }
}

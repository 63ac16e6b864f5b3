/// About how many pieces a tokenizer of the BERT family makes of a text, without its vocabulary.
///
/// Common words are one piece, long ones are cut, marks stand alone, and scripts without spaces are
/// taken apart.
enum TokenEstimate {
  static func of(_ text: some StringProtocol) -> Int {
    var tokens = 0
    var ascii = 0
    var other = 0
    func word() -> Int {
      defer { (ascii, other) = (0, 0) }
      let long = ascii <= 7 ? min(ascii, 1) : 1 + (ascii - 5) / 4
      return long + (other + 1) / 2
    }
    for scalar in text.unicodeScalars {
      if scalar.isASCII {
        let isWord =
          (0x30...0x39).contains(scalar.value) || (0x41...0x5a).contains(scalar.value)
          || (0x61...0x7a).contains(scalar.value)
        if isWord {
          ascii += 1
        } else {
          tokens += word()
          if scalar.value > 0x20 { tokens += 1 }
        }
      } else if WordCount.isUnspaced(scalar) {
        tokens += word() + 1
      } else if scalar.properties.isWhitespace {
        tokens += word()
      } else {
        other += 1
      }
    }
    return tokens + word()
  }
}

/// Breaks one paragraph into sentences at full stops, question and exclamation marks.
enum SentenceBreaker {
  /// Words whose full stop does not end a sentence.
  private static let abbreviations: Set<String> = [
    "e.g", "i.e", "etc", "vs", "cf", "mr", "mrs", "ms", "dr", "prof", "st", "no", "nos", "fig",
    "sec", "vol", "pp", "ed", "eds", "al", "approx", "inc", "ltd", "co", "jr", "sr", "z.b", "d.h",
    "bzw", "usw", "ca", "nr", "vgl",
  ]

  static func sentences(of paragraph: String) -> [String] {
    let characters = Array(paragraph)
    var sentences: [String] = []
    var start = 0
    var position = 0
    while position < characters.count {
      let end = endOfSentence(at: position, in: characters, from: start)
      if let end {
        append(characters[start..<end], to: &sentences)
        start = end
        position = end
      } else {
        position += 1
      }
    }
    append(characters[start...], to: &sentences)
    return sentences
  }

  private static func append(_ characters: ArraySlice<Character>, to sentences: inout [String]) {
    let text = String(characters).trimmed
    if !text.isEmpty { sentences.append(text) }
  }

  /// Where the sentence ends whose closing mark stands at `position`; `nil` when none does.
  private static func endOfSentence(
    at position: Int, in characters: [Character], from start: Int
  ) -> Int? {
    let mark = characters[position]
    if mark == "。" || mark == "！" || mark == "？" { return position + 1 }
    guard mark == "." || mark == "!" || mark == "?" else { return nil }
    var end = position + 1
    while end < characters.count, isCloser(characters[end]) { end += 1 }
    guard end < characters.count else { return end }
    guard characters[end].isWhitespace else { return nil }
    if mark == "." {
      if isAbbreviation(before: position, in: characters, from: start) { return nil }
      let next = characters[end...].first { !$0.isWhitespace }
      if let next, next.isLowercase { return nil }
    }
    return end
  }

  private static func isCloser(_ character: Character) -> Bool {
    switch character {
    case "\"", "'", ")", "]", "”", "’", "»", ".", "!", "?": true
    default: false
    }
  }

  private static func isAbbreviation(
    before position: Int, in characters: [Character], from start: Int
  ) -> Bool {
    var first = position
    while first > start, !characters[first - 1].isWhitespace, characters[first - 1] != "(" {
      first -= 1
    }
    let word = String(characters[first..<position]).lowercased()
    let isInitial = word.count == 1 && word.first?.isLetter == true
    return isInitial || abbreviations.contains(word)
  }
}

/// Tells text that is merely indented, as in rendered manual pages, from code.
enum IndentedProse {
  private static let leastWords = 6
  /// Marks that code has and prose seldom.
  private static let codeMarks: Set<Character> = ["{", "}", ";", "=", "<", ">", "$", "|", "\\"]

  /// For every line whether it belongs to a block of indented lines, between empty ones, that is
  /// prose.
  static func flags(of lines: [Substring]) -> [Bool] {
    var flags = [Bool](repeating: false, count: lines.count)
    var start = 0
    while start < lines.count {
      guard !lines[start].trimmed.isEmpty else {
        start += 1
        continue
      }
      var end = start
      while end < lines.count, !lines[end].trimmed.isEmpty { end += 1 }
      let block = lines[start..<end]
      if block.allSatisfy(isIndented), isProse(block) {
        for index in start..<end { flags[index] = true }
      }
      start = end
    }
    return flags
  }

  static func isIndented(_ line: Substring) -> Bool {
    line.hasPrefix("\t") || line.hasPrefix("    ")
  }

  private static func isProse(_ block: ArraySlice<Substring>) -> Bool {
    let text = block.map(\.trimmed).joined(separator: " ")
    let words = text.split(whereSeparator: \.isWhitespace)
    let endsSentence = words.contains { $0.count > 1 && ".?!".contains($0.last ?? " ") }
    guard words.count >= (endsSentence ? leastWords - 2 : leastWords) else { return false }
    let plain = words.count { word in
      let bare = word.drop { "(\"'“‘[*_`".contains($0) }
        .reversed().drop { ".,;:?!)\"'”’]*_`".contains($0) }
      return !bare.isEmpty && bare.allSatisfy { $0.isLetter || $0 == "-" || $0 == "'" || $0 == "’" }
        && bare.contains { $0.isLetter }
    }
    let marks = text.count { codeMarks.contains($0) }
    let longLines = words.count >= 4 * block.count || endsSentence
    return plain * 10 >= words.count * 7 && marks * 40 <= text.count && longLines
  }
}

/// Divides plain text or Markdown into headings, sentences and lines of code.
///
/// Code is what stands between fences, behind a prompt (`$ `) or, after an empty line, indented by
/// four spaces or a tab, unless it reads as sentences do. A short line of its own without a closing
/// mark is a heading.
package struct SentenceSplitter {
  private enum Line {
    case blank, fence
    case code(String)
    case heading(String)
    case item(String)
    case prose(String)
  }

  /// The most words of a line that counts as a heading without being marked as one.
  private static let headingWords = 12

  private var sentences: [Sentence] = []
  private var paragraph: [String] = []
  private var paragraphIsItem = false
  private var insideFence = false
  private var previousAllowsCode = true
  /// Whether the line belongs to a block that is indented and no code.
  private var blockIsProse = false

  /// The units of `text` in order.
  package static func sentences(of text: String) -> [Sentence] {
    var splitter = SentenceSplitter()
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (line, isProse) in zip(lines, IndentedProse.flags(of: lines)) {
      splitter.blockIsProse = isProse
      splitter.take(line)
    }
    splitter.closeParagraph()
    return splitter.sentences
  }

  private mutating func take(_ line: Substring) {
    switch classify(line) {
    case .blank:
      closeParagraph()
      previousAllowsCode = true
    case .fence:
      closeParagraph()
      insideFence.toggle()
      previousAllowsCode = !insideFence
    case .code(let text):
      closeParagraph()
      let continues = sentences.last?.kind == .code
      sentences.append(Sentence(text: text, kind: .code, opensParagraph: !continues))
      previousAllowsCode = true
    case .heading(let text):
      closeParagraph()
      sentences.append(Sentence(text: text, kind: .heading, opensParagraph: true))
      previousAllowsCode = true
    case .item(let text):
      closeParagraph()
      paragraph = [text]
      paragraphIsItem = true
      previousAllowsCode = false
    case .prose(let text):
      paragraph.append(text)
      previousAllowsCode = false
    }
  }

  private func classify(_ line: Substring) -> Line {
    let text = line.trimmed
    if text.hasPrefix("```") || text.hasPrefix("~~~") { return .fence }
    if insideFence { return text.isEmpty ? .blank : .code(Self.withoutTrailingSpace(line)) }
    if text.isEmpty { return .blank }
    let indented = IndentedProse.isIndented(line) && !blockIsProse
    if text.hasPrefix("$ ") || (indented && previousAllowsCode) {
      return .code(Self.withoutTrailingSpace(line))
    }
    let hashes = text.prefix { $0 == "#" }.count
    if (1...6).contains(hashes), text.dropFirst(hashes).first == " " {
      return .heading(text.dropFirst(hashes).trimmed)
    }
    return Self.isItem(text) ? .item(text) : .prose(text)
  }

  private static func withoutTrailingSpace(_ line: Substring) -> String {
    guard let last = line.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(line[...last])
  }

  /// Whether a line is an item of a list.
  static func isItem(_ text: String) -> Bool {
    for bullet in ["- ", "* ", "+ ", "• "] where text.hasPrefix(bullet) { return true }
    let digits = text.prefix { $0.isASCII && $0.isNumber }.count
    guard (1...3).contains(digits) else { return false }
    let rest = text.dropFirst(digits)
    return rest.hasPrefix(". ") || rest.hasPrefix(") ")
  }

  private mutating func closeParagraph() {
    defer {
      paragraph = []
      paragraphIsItem = false
    }
    guard !paragraph.isEmpty else { return }
    let text = paragraph.joined(separator: " ").collapsed
    let isHeading =
      paragraph.count == 1 && !paragraphIsItem && !Self.endsLikeProse(text)
      && WordCount.of(text) <= Self.headingWords
    if isHeading {
      sentences.append(Sentence(text: text, kind: .heading, opensParagraph: true))
      return
    }
    for (position, sentence) in SentenceBreaker.sentences(of: text).enumerated() {
      sentences.append(Sentence(text: sentence, kind: .prose, opensParagraph: position == 0))
    }
  }

  private static func endsLikeProse(_ text: String) -> Bool {
    guard let last = text.last(where: { !"\"')]”’»*_`".contains($0) }) else { return false }
    return ".!?:;,。！？".contains(last)
  }
}

/// One unit of a text that is never broken when the text is divided or quoted.
package struct Sentence: Sendable, Equatable {
  /// What kind of text it is.
  package enum Kind: Sendable, Equatable {
    case prose
    /// One line of code, its indentation kept.
    case code
    case heading
  }

  /// The sentence, or the lines of code, as they are written.
  package let text: String
  /// What it is.
  package let kind: Kind
  /// Whether a paragraph starts here.
  package let opensParagraph: Bool

  /// A piece of text of a kind.
  package init(text: String, kind: Kind, opensParagraph: Bool) {
    self.text = text
    self.kind = kind
    self.opensParagraph = opensParagraph
  }

  /// Its length in words.
  package var wordCount: Int { WordCount.of(text) }
}

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
    if mark == ".", isAbbreviation(before: position, in: characters, from: start) { return nil }
    // Also behind a mark in quotes, as in: ends with '?' or with "Stop!" and so on.
    if mark == "." || end > position + 1,
      let next = characters[end...].first(where: { !$0.isWhitespace }), next.isLowercase
    {
      return nil
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

extension StringProtocol {
  /// Without white space at both ends.
  var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }

  /// Whether there is nothing to be seen in it: white space at most, and marks without a shape.
  var isBlank: Bool {
    unicodeScalars.allSatisfy { scalar in
      let mark = scalar.properties
      return mark.isWhitespace || mark.isDefaultIgnorableCodePoint
        || [.control, .format].contains(mark.generalCategory)
    }
  }

  /// Every run of white space made one space, none at the ends.
  var collapsed: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}

/// Divides plain text at its headings: underlined or numbered lines, lines in capitals, short lines
/// that stand alone, and the questions of an FAQ. Text that is indented as a whole, as rendered
/// manual pages are, is moved to the margin. In manual pages every option and keyword with its
/// explanation is a section as well: people ask for one of them.
struct PlainTextReader {
  /// The most words of a heading.
  private static let headingWords = 12
  /// The most words of a question that opens a section.
  private static let questionWords = 30
  /// The most lines of a question.
  private static let questionLines = 3

  /// Columns between which the terms of a manual page begin, and what their explanation is further
  /// in at least.
  private static let termColumns = 3...16
  private static let termIndent = 2

  private let lines: [Substring]
  private let hasTerms: Bool
  /// The heading that terms stand under.
  private var chapter = ""
  private var sections = [SourceDocument.Section(heading: "", text: "")]
  private var body: [Substring] = []

  /// Reads `text`, a rendered manual page if it `hasTerms`.
  static func read(
    _ text: String, fallbackTitle: String, hasTerms: Bool = false
  ) -> SourceDocument {
    var reader = PlainTextReader(
      lines: text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline),
      hasTerms: hasTerms)
    reader.run()
    return SourceDocument(
      title: fallbackTitle,
      sections: reader.sections.filter { !$0.text.trimmed.isEmpty })
  }

  private init(lines: [Substring], hasTerms: Bool) {
    self.lines = lines
    self.hasTerms = hasTerms
  }

  private mutating func run() {
    var position = 0
    while position < lines.count {
      if let found = opening(at: position) {
        open(heading: found.heading)
        chapter = found.heading
        if found.isQuestion { body += lines[position..<(position + found.lines)] + [""] }
        position += found.lines
      } else {
        if let term = term(at: position) {
          open(heading: chapter.isEmpty ? term : "\(chapter): \(term)")
        }
        body.append(lines[position])
        position += 1
      }
    }
    closeBody()
  }

  /// The option or keyword that is explained from a line on, which belongs to its explanation.
  private func term(at position: Int) -> String? {
    guard hasTerms, isBlank(position - 1), !isBlank(position) else { return nil }
    let line = lines[position]
    let indent = Self.indent(of: line)
    guard Self.termColumns.contains(indent) else { return nil }
    let text = line.trimmed
    // A short option has its explanation on the same line, behind a gap.
    if text.hasPrefix("-"), let gap = text.firstRange(of: "  ")?.lowerBound {
      return String(text[..<gap])
    }
    guard !isBlank(position + 1),
      Self.indent(of: lines[position + 1]) >= indent + Self.termIndent,
      WordCount.of(text) <= Self.headingWords, text.count <= 100
    else { return nil }
    let isKeyword = !text.contains(" ") && text.contains(where: \.isLetter)
    return text.hasPrefix("-") || isKeyword ? text : nil
  }

  private mutating func open(heading: String) {
    closeBody()
    sections.append(SourceDocument.Section(heading: heading, text: ""))
  }

  private mutating func closeBody() {
    let indents = body.filter { !$0.trimmed.isEmpty }.map(Self.indent)
    let margin = indents.min() ?? 0
    sections[sections.count - 1].text += body.map { Self.outdented($0, by: margin) }
      .joined(separator: "\n")
    body = []
  }

  private func isBlank(_ position: Int) -> Bool {
    position < 0 || position >= lines.count || lines[position].trimmed.isEmpty
  }

  private func opening(
    at position: Int
  ) -> (heading: String, lines: Int, isQuestion: Bool)? {
    let line = lines[position]
    let text = line.trimmed
    guard !text.isEmpty, isBlank(position - 1), Self.indent(of: line) <= 3 else { return nil }
    if let rule = underline(at: position) { return (text, rule, false) }
    if let question = question(at: position) { return (question.text, question.lines, true) }
    guard WordCount.of(text) <= Self.headingWords, text.count <= 100 else { return nil }
    let next = position + 1 < lines.count ? lines[position + 1] : ""
    let standsAlone = isBlank(position + 1) || Self.indent(of: next) > Self.indent(of: line) + 2
    guard standsAlone, !isBlankToTheEnd(after: position) else { return nil }
    let letters = text.filter(\.isLetter)
    let isCapital = letters.count > 2 && letters.allSatisfy { !$0.isLowercase }
    let isTitle =
      isBlank(position + 1) && (text.first?.isUppercase == true || Self.hasNumber(text))
      && !".,;:!".contains(text.last ?? ".") && letters.count * 2 > text.count
    return isCapital || isTitle ? (text, 1, false) : nil
  }

  private func isBlankToTheEnd(after position: Int) -> Bool {
    !lines[(position + 1)...].prefix(20).contains { !$0.trimmed.isEmpty }
  }

  /// How many lines a heading with a rule below it takes; `nil` when there is no rule.
  private func underline(at position: Int) -> Int? {
    guard position + 1 < lines.count else { return nil }
    let rule = lines[position + 1].trimmed
    guard rule.count >= 3, let mark = rule.first, "=-~^*#+".contains(mark),
      rule.allSatisfy({ $0 == mark }), rule.count * 2 >= lines[position].trimmed.count
    else { return nil }
    return 2
  }

  /// A paragraph that is one question and no more, or begins with `Q:`, or is numbered.
  private func question(at position: Int) -> (text: String, lines: Int)? {
    var text = ""
    for count in 1...Self.questionLines {
      let line = position + count - 1
      guard !isBlank(line) else { return nil }
      text += (text.isEmpty ? "" : " ") + lines[line].trimmed
      guard text.hasSuffix("?") else { continue }
      let isMarked = text.hasPrefix("Q:") || text.hasPrefix("Q.") || Self.hasNumber(text)
      let opens = isBlank(line + 1) || isMarked
      guard opens, WordCount.of(text) <= Self.questionWords,
        text.first?.isUppercase == true || isMarked
      else { return nil }
      return (text.collapsed, count)
    }
    return nil
  }

  /// Whether a text begins as in `1.2 `, `3:`, `4)` or `II. `.
  private static func hasNumber(_ text: String) -> Bool {
    let number = text.prefix { $0.isASCII && ($0.isNumber || ".:)".contains($0)) }
    return number.first?.isNumber == true && text.dropFirst(number.count).first == " "
  }

  private static func indent(of line: Substring) -> Int {
    var columns = 0
    for character in line {
      if character == " " {
        columns += 1
      } else if character == "\t" {
        columns += 8 - columns % 8
      } else {
        break
      }
    }
    return columns
  }

  private static func outdented(_ line: Substring, by margin: Int) -> String {
    let text = line.drop { $0 == " " || $0 == "\t" }
    guard !text.isEmpty else { return "" }
    return String(repeating: " ", count: max(0, indent(of: line) - margin)) + text
  }
}

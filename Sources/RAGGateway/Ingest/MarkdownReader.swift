/// Divides Markdown at its headings. Code between fences is indented by four spaces instead, and a
/// block of front matter is left out but for its title.
struct MarkdownReader {
  private var sections = [SourceDocument.Section(heading: "", text: "")]
  private var title: String?
  private var fence: String?

  static func read(_ text: String, fallbackTitle: String) -> SourceDocument {
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
    var reader = MarkdownReader()
    reader.takeFrontMatter(&lines)
    while let line = lines.popFirst() {
      if let underlined = reader.heading(line, under: lines.first) {
        lines.removeFirst()
        reader.open(heading: underlined.text, level: underlined.level)
      } else if reader.fence == nil, let table = MarkdownTable(line, &lines) {
        reader.append("\n" + table.paragraphs.joined(separator: "\n\n") + "\n")
      } else {
        reader.take(line)
      }
    }
    let sections = reader.sections.filter { !$0.text.trimmed.isEmpty }
    return SourceDocument(title: reader.title ?? fallbackTitle, sections: sections)
  }

  private mutating func takeFrontMatter(_ lines: inout ArraySlice<Substring>) {
    guard lines.first?.trimmed == "---",
      let end = lines.dropFirst().firstIndex(where: { $0.trimmed == "---" })
    else { return }
    for line in lines[..<end] where line.hasPrefix("title:") {
      let value = line.dropFirst(6).trimmed
      let bare = value.drop { "\"'".contains($0) }
      let text = String(bare.last.map { "\"'".contains($0) } == true ? bare.dropLast() : bare)
      if !text.isEmpty { title = text }
    }
    lines = lines[(end + 1)...]
  }

  /// A heading underlined with `=` or `-`.
  private func heading(
    _ line: Substring, under next: Substring?
  ) -> (text: String, level: Int)? {
    guard fence == nil, let next, !line.trimmed.isEmpty, !line.hasPrefix("    ") else { return nil }
    let rule = next.trimmed
    guard rule.count >= 3 else { return nil }
    if rule.allSatisfy({ $0 == "=" }) { return (line.trimmed, 1) }
    let isItem = line.trimmed.first.map { "-*+>|#".contains($0) } ?? false
    return rule.allSatisfy { $0 == "-" } && !isItem ? (line.trimmed, 2) : nil
  }

  private mutating func take(_ line: Substring) {
    let text = line.trimmed
    if let open = fence {
      if text.hasPrefix(open), text.allSatisfy({ $0 == open.first }) {
        // As long as the one that opens it, or longer.
        fence = nil
        append("")
      } else {
        append("    " + line)
      }
      return
    }
    if text.hasPrefix("```") || text.hasPrefix("~~~") {
      fence = String(text.prefix { $0 == text.first })
      append("")
      return
    }
    let level = text.prefix { $0 == "#" }.count
    let rest = text.dropFirst(level)
    if (1...6).contains(level), !line.hasPrefix("    "), rest.first == " " || rest.isEmpty {
      var heading = rest.trimmed
      if let end = heading.lastIndex(where: { $0 != "#" }),
        end < heading.index(before: heading.endIndex),
        heading[end] == " "
      {
        heading = heading[...end].trimmed
      }
      open(heading: heading, level: level)
    } else {
      append(String(line))
    }
  }

  private mutating func open(heading: String, level: Int) {
    if title == nil, level == 1 { title = heading }
    sections.append(SourceDocument.Section(heading: heading, text: ""))
  }

  private mutating func append(_ line: String) {
    sections[sections.count - 1].text += line + "\n"
  }
}

/// A table of Markdown: a line of names, a line of dashes, and rows.
struct MarkdownTable {
  private let header: [String]
  private var rows: [[String]] = []

  /// The table that begins with `line` and goes on in `lines`, of which it is taken; `nil` when
  /// there is none.
  init?(_ line: Substring, _ lines: inout ArraySlice<Substring>) {
    guard line.contains("|"), let rule = lines.first, rule.contains("|") else { return nil }
    header = Self.cells(of: line)
    let marks = Self.cells(of: rule)
    let isRule = marks.allSatisfy { mark in
      mark.contains("-") && mark.allSatisfy { $0 == "-" || $0 == ":" }
    }
    guard isRule, marks.count == header.count else { return nil }
    lines.removeFirst()
    while let row = lines.first, row.contains("|") {
      rows.append(Self.cells(of: row))
      lines.removeFirst()
    }
  }

  /// Every row as a paragraph that names its columns.
  var paragraphs: [String] {
    if rows.isEmpty { return [header.joined(separator: ", ")] }
    return rows.filter { $0.contains { !$0.isEmpty } }.map { TableReader.sentence($0, header) }
  }

  private static func cells(of line: Substring) -> [String] {
    var cells = [""]
    var isEscaped = false
    var text = line.trimmed[...]
    if text.first == "|" { text = text.dropFirst() }
    for character in text {
      if character == "|", !isEscaped {
        cells.append("")
      } else {
        if character == "|" { cells[cells.count - 1].removeLast() }
        cells[cells.count - 1].append(character)
      }
      isEscaped = character == "\\" && !isEscaped
    }
    if cells.count > 1, cells.last?.trimmed.isEmpty == true { cells.removeLast() }
    return cells.map(\.collapsed)
  }
}

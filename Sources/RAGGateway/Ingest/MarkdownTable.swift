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

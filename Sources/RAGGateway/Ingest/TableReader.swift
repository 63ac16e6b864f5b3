/// Reads tables of separated values: every row becomes a paragraph that names its columns, so that
/// it can be understood, found and quoted by itself.
struct TableReader {
  /// Rows in one section.
  private static let rowsPerSection = 20

  static func read(
    _ text: String, separator: Character?, fallbackTitle: String
  ) -> SourceDocument {
    var rows = rows(of: text, separator: separator ?? separatorOf(text))
    rows.removeAll { $0.allSatisfy(\.trimmed.isEmpty) }
    guard let header = rows.first else {
      return SourceDocument(title: fallbackTitle, sections: [])
    }
    var sections: [SourceDocument.Section] = []
    let body = rows.dropFirst()
    if body.isEmpty {
      sections.append(.init(heading: "", text: header.joined(separator: ", ")))
    }
    for start in stride(from: body.startIndex, to: body.endIndex, by: rowsPerSection) {
      let part = body[start..<min(start + rowsPerSection, body.endIndex)]
      let heading = "Rows \(start) to \(start + part.count - 1)"
      let text = part.map { sentence($0, header) }.joined(separator: "\n\n")
      sections.append(.init(heading: heading, text: text))
    }
    return SourceDocument(title: fallbackTitle, sections: sections)
  }

  private static func sentence(_ row: [String], _ header: [String]) -> String {
    let cells = row.enumerated().compactMap { index, cell -> String? in
      let value = cell.collapsed
      guard !value.isEmpty else { return nil }
      let name = index < header.count ? header[index].collapsed : ""
      return name.isEmpty ? value : "\(name): \(value)"
    }
    return cells.joined(separator: "; ") + "."
  }

  /// The separator that occurs most in the first line.
  private static func separatorOf(_ text: String) -> Character {
    let line = text.prefix { !$0.isNewline }
    let counted = [",", ";", "\t", "|"].map { mark in
      (mark: Character(mark), count: line.count { $0 == Character(mark) })
    }
    return counted.max { $0.count < $1.count }?.mark ?? ","
  }

  private static func rows(of text: String, separator: Character) -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var cell = ""
    var isQuoted = false
    var characters = text[...]
    while let character = characters.popFirst() {
      if isQuoted {
        if character != "\"" {
          cell.append(character)
        } else if characters.first == "\"" {
          cell.append("\"")
          characters.removeFirst()
        } else {
          isQuoted = false
        }
      } else if character == "\"", cell.isEmpty {
        isQuoted = true
      } else if character == separator {
        row.append(cell)
        cell = ""
      } else if character.isNewline {
        rows.append(row + [cell])
        row = []
        cell = ""
      } else {
        cell.append(character)
      }
    }
    if !cell.isEmpty || !row.isEmpty { rows.append(row + [cell]) }
    return rows
  }
}

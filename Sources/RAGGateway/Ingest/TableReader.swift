import FastJSON

/// Reads tables of separated values: every row becomes a paragraph that names its columns, so that
/// it can be understood, found and quoted by itself.
struct TableReader {
  /// Rows of a table in one section.
  private static let sectionRowsMax = 20

  static func read(
    _ text: String, separator: Character?, fallbackTitle: String
  ) -> SourceDocument {
    var text = text
    var separator = separator
    // Spreadsheet programs say the separator in a line of its own.
    let first = text.prefix { !$0.isNewline }
    if first.count == 5, first.lowercased().hasPrefix("sep=") {
      separator = first.last
      text = String(text.dropFirst(6))
    }
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
    for start in stride(from: body.startIndex, to: body.endIndex, by: sectionRowsMax) {
      let part = body[start..<min(start + sectionRowsMax, body.endIndex)]
      let heading = "Rows \(start) to \(start + part.count - 1)"
      let text = part.map { sentence($0, header) }.joined(separator: "\n\n")
      sections.append(.init(heading: heading, text: text))
    }
    return SourceDocument(title: fallbackTitle, sections: sections)
  }

  /// A row with the names of its columns.
  static func sentence(_ row: [String], _ header: [String]) -> String {
    let cells = row.enumerated().compactMap { index, cell -> String? in
      let value = cell.collapsed
      guard !value.isEmpty else { return nil }
      let name = index < header.count ? header[index].collapsed : ""
      return name.isEmpty ? value : "\(name): \(value)"
    }
    let text = cells.joined(separator: "; ")
    return ".!?".contains(text.last ?? ".") ? text : text + "."
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
    var quotesCount = true
    var characters = text[...]
    /// What there was when the quote began that is open.
    var opened: (rows: Int, row: [String], rest: Substring)?
    while true {
      guard let character = characters.popFirst() else {
        guard isQuoted, let begun = opened else { break }
        // A quote that is never closed is a mark like any other, and so are those behind it.
        rows.removeLast(rows.count - begun.rows)
        (row, cell, characters) = (begun.row, "\"", begun.rest)
        (isQuoted, quotesCount) = (false, false)
        continue
      }
      if isQuoted {
        if character != "\"" {
          cell.append(character)
        } else if characters.first == "\"" {
          cell.append("\"")
          characters.removeFirst()
        } else {
          isQuoted = false
        }
      } else if character == "\"", cell.isEmpty, quotesCount {
        isQuoted = true
        opened = (rows.count, row, characters)
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

/// Reads JSON: every element of the outer list, or every line of JSON lines, becomes a section of
/// lines that name the way to a value.
struct JSONReader {
  /// Members that may name what an object is about.
  private static let titles = ["title", "name", "question", "heading", "subject", "id"]

  static func read(_ text: String, fallbackTitle: String) -> SourceDocument {
    let (records, isWhole) = records(in: text)
    let sections = records.enumerated().map { index, record in
      var lines: [String] = []
      describe(record, "", into: &lines)
      let heading = titles.lazy.compactMap { record[$0]?.identifierText?.collapsed }
        .first { !$0.isEmpty }
      return SourceDocument.Section(
        heading: heading ?? (records.count > 1 ? "Record \(index + 1)" : ""),
        text: lines.joined(separator: "\n\n"))
    }
    return SourceDocument(
      title: fallbackTitle, sections: sections.filter { !$0.text.isEmpty },
      remark: isWhole ? nil : "not all of it is JSON; the rest was read as text")
  }

  /// What the outer list or the lines hold, and whether all of it is JSON.
  private static func records(in text: String) -> (records: [JSONValue], isWhole: Bool) {
    if let whole = try? JSONValue(parsing: Array(text.utf8)) {
      return (whole.arrayValue ?? [whole], true)
    }
    var isWhole = true
    let records = text.split(whereSeparator: \.isNewline).map { line -> JSONValue in
      if let record = try? JSONValue(parsing: Array(line.utf8)) { return record }
      // What is no JSON is text all the same.
      if !line.isBlank { isWhole = false }
      return .string(String(line))
    }
    return (records, isWhole)
  }

  private static func describe(_ value: JSONValue, _ path: String, into lines: inout [String]) {
    let name = path.isEmpty ? "" : "\(path): "
    switch value {
    case .null: break
    case .bool(let flag): lines.append("\(name)\(flag).")
    case .integer, .unsigned: lines.append("\(name)\(value.identifierText ?? "").")
    case .double(let number): lines.append("\(name)\(number).")
    case .string(let text): if !text.trimmed.isEmpty { lines.append(name + text) }
    case .array(let elements):
      let scalars = elements.compactMap(\.identifierText)
      if scalars.count == elements.count {
        if !scalars.isEmpty { lines.append("\(name)\(scalars.joined(separator: ", ")).") }
      } else {
        for (index, element) in elements.enumerated() {
          describe(element, path.isEmpty ? "\(index + 1)" : "\(path) \(index + 1)", into: &lines)
        }
      }
    case .object(let members):
      for (key, member) in members {
        describe(member, path.isEmpty ? key : "\(path) \(key)", into: &lines)
      }
    }
  }
}

/// Reads notebooks: Markdown cells as they are, the code of code cells indented; outputs are left
/// out.
enum NotebookReader {
  static func read(_ text: String, fallbackTitle: String) -> SourceDocument {
    guard let root = try? JSONValue(parsing: Array(text.utf8)),
      let cells = root["cells"]?.arrayValue ?? worksheetCells(of: root)
    else {
      var document = PlainTextReader.read(text, fallbackTitle: fallbackTitle)
      document.remark = "not a notebook; it was read as text"
      return document
    }
    var markdown = ""
    for cell in cells {
      let content = cell["source"] ?? cell["input"]
      let lines = content?.arrayValue?.compactMap(\.stringValue)
      let source = lines?.joined() ?? content?.stringValue ?? ""
      switch cell["cell_type"]?.stringValue {
      case "code":
        var fence = "```"
        while source.contains(fence) { fence += "`" }
        markdown += "\(fence)\n\(source)\n\(fence)\n\n"
      case "heading":
        let level = cell["level"]?.numberValue.flatMap { Int(exactly: $0) } ?? 1
        markdown += String(repeating: "#", count: min(max(level, 1), 6)) + " \(source)\n\n"
      default: markdown += source + "\n\n"
      }
    }
    return MarkdownReader.read(markdown, fallbackTitle: fallbackTitle)
  }

  /// The cells of a notebook as they were laid out up to version 3.
  private static func worksheetCells(of root: JSONValue) -> [JSONValue]? {
    root["worksheets"]?.arrayValue?.flatMap { $0["cells"]?.arrayValue ?? [] }
  }
}

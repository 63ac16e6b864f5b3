import FastJSON

/// Reads JSON: every element of the outer list, or every line of JSON lines, becomes a section of
/// lines that name the way to a value.
struct JSONReader {
  /// Members that may name what an object is about.
  private static let titles = ["title", "name", "question", "heading", "subject", "id"]

  static func read(_ text: String, fallbackTitle: String) -> SourceDocument {
    let records = records(in: text)
    let sections = records.enumerated().map { index, record in
      var lines: [String] = []
      describe(record, "", into: &lines)
      let heading = titles.lazy.compactMap { record[$0]?.identifierText?.collapsed }
        .first { !$0.isEmpty }
      return SourceDocument.Section(
        heading: heading ?? (records.count > 1 ? "Record \(index + 1)" : ""),
        text: lines.joined(separator: "\n\n"))
    }
    return SourceDocument(title: fallbackTitle, sections: sections.filter { !$0.text.isEmpty })
  }

  private static func records(in text: String) -> [JSONValue] {
    if let whole = try? JSONValue(parsing: Array(text.utf8)) { return whole.arrayValue ?? [whole] }
    return text.split(whereSeparator: \.isNewline).map { line in
      // What is no JSON is text all the same.
      (try? JSONValue(parsing: Array(line.utf8))) ?? .string(String(line))
    }
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
      let cells = root["cells"]?.arrayValue
    else { return PlainTextReader.read(text, fallbackTitle: fallbackTitle) }
    var markdown = ""
    for cell in cells {
      let lines = cell["source"]?.arrayValue?.compactMap(\.stringValue)
      let source = lines?.joined() ?? cell["source"]?.stringValue ?? ""
      switch cell["cell_type"]?.stringValue {
      case "code": markdown += "```\n\(source)\n```\n\n"
      default: markdown += source + "\n\n"
      }
    }
    return MarkdownReader.read(markdown, fallbackTitle: fallbackTitle)
  }
}

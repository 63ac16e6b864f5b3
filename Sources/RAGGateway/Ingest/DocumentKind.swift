/// What a file is, told by its name.
package enum DocumentKind: String, Sendable, CaseIterable {
  case plain, markdown, html, table, json, notebook, email
  /// Pages that a program of its own turns into text.
  case pdf, manual
  /// Word processors' files, books and markup that `pandoc` knows.
  case docx, odt, epub, rtf, rst, org, latex

  /// The endings of files of this kind, in lower case.
  package var extensions: [String] {
    switch self {
    case .plain: ["txt", "text", "adoc", "asciidoc"]
    case .markdown: ["md", "markdown"]
    case .html: ["html", "htm", "xhtml"]
    case .table: ["csv", "tsv"]
    case .json: ["json", "jsonl", "ndjson"]
    case .notebook: ["ipynb"]
    case .email: ["eml"]
    case .manual: ["1", "2", "3", "4", "5", "6", "7", "8"].flatMap { [$0, "\($0).gz"] }
    case .latex: ["tex"]
    default: [rawValue]
    }
  }

  /// The kind of the file called `name`; `nil` when it is none that is read.
  package init?(name: String) {
    let file = name.split(separator: "/").last.map { $0.lowercased() } ?? ""
    let found = Self.allCases.first { kind in
      kind.extensions.contains { file.hasSuffix(".\($0)") && file.count > $0.count + 1 }
    }
    guard let found else { return nil }
    self = found
  }

  /// Endings of documents that people have and that nothing here reads.
  package static let unread: Set<String> = [
    "doc", "ppt", "pptx", "xls", "xlsx", "ods", "odp", "pages", "numbers", "key", "mobi", "azw3",
    "djvu", "ps", "msg", "mbox", "wpd", "pdb",
  ]

  /// What is read on this machine, with the programs that would let it read more.
  package static var readable: String {
    var missing: [String] = []
    let readable = allCases.filter { kind in
      guard let converter = Converter(kind), !converter.isInstalled else { return true }
      let names = kind == .manual ? "manual pages" : kind.extensions.joined(separator: ", ")
      missing.append("\(names) with \(converter.program) (Debian package \(converter.package))")
      return false
    }
    let names = readable.filter { $0 != .manual }.flatMap(\.extensions).sorted()
      .joined(separator: ", ")
    let manuals = readable.contains(.manual) ? " and manual pages" : ""
    return names + manuals
      + (missing.isEmpty ? "" : "; would be read " + missing.joined(separator: "; "))
  }

  /// The ending of `name` by which its kind is told, as in `.1.gz`; empty when there is none.
  package static func ending(of name: String) -> String {
    let file = name.split(separator: "/").last.map { $0.lowercased() } ?? ""
    let endings = allCases.flatMap(\.extensions).filter { file.hasSuffix(".\($0)") }
    return endings.max { $0.count < $1.count }.map { ".\($0)" } ?? ""
  }

  /// All endings that are read, sorted, without those of manual pages.
  package static var allExtensions: [String] {
    allCases.filter { $0 != .manual }.flatMap(\.extensions).sorted()
  }
}

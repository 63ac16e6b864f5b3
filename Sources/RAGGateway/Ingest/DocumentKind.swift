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

  /// All endings that are read, sorted, without those of manual pages.
  package static var allExtensions: [String] {
    allCases.filter { $0 != .manual }.flatMap(\.extensions).sorted()
  }
}

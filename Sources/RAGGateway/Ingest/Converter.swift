import Glibc

/// A program that turns files of a kind into text. Each is optional: where it is missing, files of
/// its kind fail with its name.
package struct Converter: Sendable {
  /// The program, looked for in `PATH`.
  package let program: String
  /// The Debian package that has it.
  package let package: String
  /// What its output is.
  package let output: DocumentKind
  private let arguments: @Sendable (String) -> [String]
  /// What is wrong with a file of which nothing is left.
  private let complaint: IngestError?

  /// Seconds that a program may take over a file.
  private static let patience = 120

  /// The converter for files of `kind`; `nil` when they are read without one.
  package init?(_ kind: DocumentKind) {
    switch kind {
    case .pdf:
      program = "pdftotext"
      package = "poppler-utils"
      output = .plain
      arguments = { ["-enc", "UTF-8", "-nopgbrk", "-q", $0, "-"] }
      complaint = .scanned
    case .manual:
      program = "man"
      package = "man-db"
      output = .plain
      arguments = { ["-l", "-P", "cat", "--no-hyphenation", "--no-justification", $0] }
      complaint = nil
    case .docx, .odt, .epub, .rtf, .rst, .org, .latex:
      program = "pandoc"
      package = "pandoc"
      output = .markdown
      arguments = {
        ["--from=\(kind.rawValue)", "--to=gfm-raw_html", "--wrap=none", "--sandbox", "--", $0]
      }
      complaint = nil
    case .plain, .markdown, .html, .table, .json, .notebook, .email: return nil
    }
  }

  /// Whether the program is there.
  package var isInstalled: Bool { ChildProcess.find(program) != nil }

  /// The text of the file at `path`, at most `limit` bytes.
  ///
  /// - Throws: `IngestError.programMissing` when the program is not installed.
  package func text(of path: String, limit: Int) throws(IngestError) -> String {
    // A name that begins with a hyphen must not be taken for an option.
    let file = path.hasPrefix("-") ? "./" + path : path
    let outcome: ChildProcess.Outcome
    do {
      outcome = try ChildProcess.run(
        program, arguments(file), environment: ["MANWIDTH=100", "LC_ALL=C.UTF-8", "MANROFFOPT=-c"],
        outputLimit: limit, seconds: Self.patience)
    } catch {
      throw switch error {
      case .notFound: .programMissing(program: program, package: package)
      case .tooLong: .unreadable("\(program) took more than \(Self.patience) seconds")
      case .tooMuch: .tooLarge(bytes: limit, limit: limit)
      case .failed: .unreadable("\(program) can't be run")
      }
    }
    guard outcome.status == 0 else {
      let reason = outcome.errors.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
      throw .unreadable("\(program) can't read it\(reason.isEmpty ? "" : ": \(reason)")")
    }
    let text = String(decoding: outcome.output, as: UTF8.self)
    if text.trimmed.isEmpty, let complaint { throw complaint }
    return program == "man" ? Self.withoutOverstrikes(text) : text
  }

  /// Bold and underlined letters are written twice with a backspace between, where at all.
  private static func withoutOverstrikes(_ text: String) -> String {
    guard text.unicodeScalars.contains("\u{8}") else { return text }
    var kept = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "\u{8}" { _ = kept.popLast() } else { kept.append(scalar) }
    }
    return String(kept)
  }
}

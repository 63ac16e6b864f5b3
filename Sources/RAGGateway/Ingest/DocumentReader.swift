import FoundationEssentials
import Glibc

/// Reads a source file of any known kind.
package enum DocumentReader {
  /// Bytes of a file that is read.
  package static let sourceBytesMax = 32 << 20

  /// The document in `file`, and a remark on how it was read. Whoever wrote it, it must not have
  /// other files of this machine read.
  ///
  /// - Throws: `IngestError` when the file can't be read or is no text.
  package static func read(
    _ file: SourceFile
  ) throws(IngestError) -> (document: SourceDocument, remark: String?) {
    let size = try size(of: file.path)
    guard size <= sourceBytesMax else { throw .tooLarge(bytes: size, limit: sourceBytesMax) }
    let kind = DocumentKind(name: file.name) ?? .plain
    if kind == .manual {
      let title = manualTitle(file.name)
      return (try ManualReader.read(file.path, title: title, limit: sourceBytesMax), nil)
    }
    if let converter = Converter(kind) {
      let text = try converter.text(of: file.path, limit: sourceBytesMax)
      return (document(text, name: file.name, kind: converter.output), nil)
    }
    let bytes: [UInt8]
    do {
      bytes = Array(try Data(contentsOf: URL(filePath: file.path)))
    } catch {
      throw .unreadable("the file can't be read")
    }
    if kind == .email {
      return (try MailReader.read(bytes, fallbackTitle: title(of: file.name)), nil)
    }
    let decoded = try DecodedText(bytes)
    let document = document(decoded.text, name: file.name, kind: kind)
    let remarks = [decoded.remark, document.remark].compactMap { $0 }
    return (document, remarks.isEmpty ? nil : remarks.joined(separator: "; "))
  }

  /// The document that `text` makes, by the ending of `name`.
  package static func document(_ text: String, name: String) -> SourceDocument {
    document(text, name: name, kind: DocumentKind(name: name) ?? .plain)
  }

  private static func size(of path: String) throws(IngestError) -> Int {
    // A pipe has no end before somebody writes to it, and a device none at all.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable("the file can't be read") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable("the file can't be read") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable("not a file of its own") }
    return Int(status.st_size)
  }

  /// As in `curl(1)`.
  private static func manualTitle(_ name: String) -> String {
    let parts = title(of: name).split(separator: ".").filter { $0 != "gz" }
    guard parts.count > 1, let section = parts.last else { return title(of: name) }
    return "\(parts.dropLast().joined(separator: "."))(\(section))"
  }

  private static func title(of name: String) -> String {
    name.split(separator: "/").last.map(String.init) ?? name
  }

  private static func document(
    _ text: String, name: String, kind: DocumentKind
  ) -> SourceDocument {
    let fallback = title(of: name)
    return switch kind {
    case .html: HTMLReader.read(text, fallbackTitle: fallback)
    case .markdown: MarkdownReader.read(text, fallbackTitle: fallback)
    case .table:
      TableReader.read(
        text, separator: SourceFile.fileExtension(of: name) == "tsv" ? "\t" : nil,
        fallbackTitle: fallback)
    case .json: JSONReader.read(text, fallbackTitle: fallback)
    case .notebook: NotebookReader.read(text, fallbackTitle: fallback)
    default: PlainTextReader.read(text, fallbackTitle: fallback)
    }
  }
}

/// A file's text, divided by its headings.
package struct SourceDocument: Sendable, Equatable {
  /// A heading with the text up to the next one.
  package struct Section: Sendable, Equatable {
    /// Empty for text before the first heading.
    package var heading: String
    /// Plain text; paragraphs apart by an empty line, code indented by four spaces.
    package var text: String

    /// A section under its heading.
    package init(heading: String, text: String) {
      self.heading = heading
      self.text = text
    }
  }

  /// What the document is called.
  package var title: String
  /// Its sections in their order.
  package var sections: [Section]
  /// What is to be known about how it was read.
  package var remark: String?

  /// A document with its sections.
  package init(title: String, sections: [Section], remark: String? = nil) {
    self.title = title
    self.sections = sections
    self.remark = remark
  }
}

import FoundationEssentials

/// Reads a source file of any known kind.
package enum DocumentReader {
  /// Bytes that a source may have.
  package static let largestSource = 32 << 20

  /// The document in `file`, and a remark on how it was read.
  ///
  /// - Throws: `IngestError` when the file can't be read or is no text.
  package static func read(
    _ file: SourceFile
  ) throws(IngestError) -> (document: SourceDocument, remark: String?) {
    let bytes: [UInt8]
    do {
      let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
      let size = (attributes[.size] as? any BinaryInteger).map { Int(clamping: $0) } ?? 0
      guard size <= largestSource else { throw IngestError.tooLarge(bytes: size) }
      bytes = Array(try Data(contentsOf: URL(filePath: file.path)))
    } catch let error as IngestError {
      throw error
    } catch {
      throw .unreadable("the file can't be read")
    }
    let decoded = try DecodedText(bytes)
    let remark = decoded.isLatin1 ? "not UTF-8, read as Latin-1" : nil
    return (document(decoded.text, name: file.name), remark)
  }

  /// The document that `text` makes, by the ending of `name`.
  package static func document(_ text: String, name: String) -> SourceDocument {
    let fallback = name.split(separator: "/").last.map(String.init) ?? name
    switch SourceFile.fileExtension(of: name) {
    case "html", "htm": return HTMLReader.read(text, fallbackTitle: fallback)
    case "md", "markdown": return MarkdownReader.read(text, fallbackTitle: fallback)
    default:
      return SourceDocument(
        title: fallback, sections: [SourceDocument.Section(heading: "", text: text)])
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

  /// A document with its sections.
  package init(title: String, sections: [Section]) {
    self.title = title
    self.sections = sections
  }
}

/// A file's text with the encoding that was found.
package struct DecodedText: Sendable, Equatable {
  /// The text.
  package let text: String
  /// Whether the bytes were no UTF-8 and every byte was taken for a Latin-1 character.
  package let isLatin1: Bool

  /// Reads UTF-8 and, failing that, Latin-1.
  ///
  /// - Throws: `IngestError.notText` for bytes that hold NUL, which no text does.
  package init(_ bytes: [UInt8]) throws(IngestError) {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    let body = bytes.starts(with: mark) ? bytes[3...] : bytes[...]
    if body.contains(0) { throw .notText }
    if let text = String(validating: body, as: UTF8.self) {
      self.text = text
      isLatin1 = false
    } else {
      text = String(String.UnicodeScalarView(body.map { Unicode.Scalar($0) }))
      isLatin1 = true
    }
  }
}

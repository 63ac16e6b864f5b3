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

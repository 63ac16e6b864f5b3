/// A file's text with the encoding that was found.
package struct DecodedText: Sendable, Equatable {
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

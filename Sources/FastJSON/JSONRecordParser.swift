/// Parses many texts one after another with the same buffers. For one thread at a time.
///
/// A document of its own for each text costs an allocation and two turns at the lock that all
/// parsers share.
public struct JSONRecordParser {
  private var document: JSONDocument?

  /// Takes no parser before the first text.
  public init() {}

  /// Parses the bytes of one JSON text in UTF-8, nested at most `maximumDepth` levels, and passes
  /// its value. What the last text gave may be kept, at the cost of a new document for this one.
  ///
  /// - Throws: `JSONSyntaxError` if the bytes are anything but one valid JSON text.
  public mutating func parse(
    _ bytes: UnsafeRawBufferPointer, maximumDepth: Int = 128
  ) throws(JSONSyntaxError) -> JSONElement {
    let depth = min(max(maximumDepth, 0), JSONDocument.depthMax)
    if isKnownUniquelyReferenced(&document), let document,
      document.replace(by: bytes, maximumDepth: depth)
    {
      return document.root
    }
    document = nil
    let made = try JSONDocument(parsing: bytes, maximumDepth: depth)
    document = made
    return made.root
  }
}

import FoundationEssentials

/// Reads manual pages, which anybody may have written. Such a page is a program: it may ask for
/// other files of this machine to be put into it, under names that it makes up. So the formatter
/// gets those alone that have nothing in them but well-known macros; `pandoc` reads the others,
/// which is less good at it and opens no file.
enum ManualReader {
  /// Requests beside macros that a page may have.
  private static let harmless: Set<String> = [
    "ad", "br", "fi", "ft", "hy", "in", "na", "ne", "nf", "nh", "ps", "sp", "ta", "ti",
  ]
  /// What other programs than the formatter are to look at, which can be told to read files, too.
  private static let foreign: Set<String> = ["EQ", "G1", "PF", "PS", "R1"]

  /// The document in the page at `path`.
  static func read(
    _ path: String, title: String, limit: Int
  ) throws(IngestError) -> SourceDocument {
    let source = try DecodedText(try bytes(of: path, limit: limit)).text
    let isPlain = isPlain(source)
    guard
      isPlain || !source.split(whereSeparator: \.isNewline).contains(where: { $0.hasPrefix(".Dd") })
    else {
      throw .unreadable(
        "the page has requests other than those of mdoc, which might read other files")
    }
    let converter = isPlain ? Converter(.manual) : Converter.sandboxedManual
    guard let converter else { throw .unknownKind(ending: "") }
    // What was looked at is what is formatted, whatever becomes of the file meanwhile.
    let text = try TemporaryFile.holding(Array(source.utf8), ending: ".1") {
      path throws(IngestError) in try converter.text(of: path, limit: limit)
    }
    if isPlain { return PlainTextReader.read(text, fallbackTitle: title, hasTerms: true) }
    var document = HTMLReader.read(text, fallbackTitle: title)
    document.title = title
    return document
  }

  private static func bytes(of path: String, limit: Int) throws(IngestError) -> [UInt8] {
    guard path.lowercased().hasSuffix(".gz") else {
      do {
        return Array(try Data(contentsOf: URL(filePath: path)))
      } catch {
        throw .unreadable("the file can't be read")
      }
    }
    return try Converter.unpacked(path, limit: limit)
  }

  /// Whether a page has no requests but macros of man and mdoc, and such as move text about.
  static func isPlain(_ source: String) -> Bool {
    for (number, line) in source.split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline
    ).enumerated() {
      guard line.first == "." || line.first == "'" else { continue }
      let text = line.dropFirst().drop { $0 == " " || $0 == "\t" }
      if text.hasPrefix("\\\"") {
        // The first line may say which programs look at the page; tables are harmless.
        let asked = text.dropFirst(2).filter { !$0.isWhitespace }
        if number == 0, line.first == "'", !asked.allSatisfy({ $0 == "t" }) { return false }
        continue
      }
      let name = String(text.prefix { $0 != " " && $0 != "\t" })
      if name.isEmpty || harmless.contains(name) { continue }
      let isMacro =
        name.count <= 3 && name.first.map { $0 == "%" || ($0.isASCII && $0.isUppercase) } == true
        && name.dropFirst().allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
      guard isMacro, !foreign.contains(name) else { return false }
    }
    return true
  }
}

import FoundationEssentials

/// Reads an e-mail: its subject is the title, and its text the best of its parts, plain before
/// HTML, and what is beside them; attachments are left out.
struct MailReader {
  /// Levels of parts within parts of an e-mail that are read.
  private static let depthMax = 8

  private struct Part {
    var headers: [String: String] = [:]
    var body: ArraySlice<UInt8>
  }

  static func read(
    _ bytes: [UInt8], fallbackTitle: String
  ) throws(IngestError) -> SourceDocument {
    let message = part(bytes[...])
    let subject = message.headers["subject"].map { words(in: $0).collapsed } ?? ""
    let title = subject.isEmpty ? fallbackTitle : subject
    var document = SourceDocument(title: title, sections: [])
    for piece in try pieces(of: message, depth: depthMax) {
      let read =
        piece.isHTML
        ? HTMLReader.read(piece.text, fallbackTitle: title)
        : PlainTextReader.read(piece.text, fallbackTitle: title)
      var sections = read.sections
      if let first = sections.first, first.heading.isEmpty { sections[0].heading = piece.heading }
      document.sections += sections
    }
    let from = message.headers["from"].map { words(in: $0).collapsed } ?? ""
    let date = message.headers["date"]?.collapsed ?? ""
    if !document.sections.isEmpty, !from.isEmpty {
      document.sections[0].text =
        "From \(from)\(date.isEmpty ? "" : ", \(date)").\n\n" + document.sections[0].text
    }
    return document
  }

  /// A text in a message; one of a message within has that one's subject as its heading.
  private struct Piece {
    let text: String
    let isHTML: Bool
    var heading = ""
  }

  /// The texts of a part in their order: of alternatives one, of other parts of parts all that can
  /// be read.
  private static func pieces(of part: Part, depth: Int) throws(IngestError) -> [Piece] {
    let type = part.headers["content-type"] ?? "text/plain"
    let kind = type.prefix { $0 != ";" }.trimmed.lowercased()
    let parameters = HeaderParameters(type)
    if kind.hasPrefix("multipart/"), depth > 0, let boundary = parameters["boundary"] {
      var found: [[Piece]] = []
      var failure: IngestError?
      for inner in parts(of: part.body, boundary: boundary) {
        do throws(IngestError) {
          found.append(try pieces(of: self.part(inner), depth: depth - 1))
        } catch {
          failure = error
        }
      }
      found.removeAll { $0.isEmpty }
      if found.isEmpty, let failure { throw failure }
      guard kind == "multipart/alternative" else { return found.flatMap { $0 } }
      return found.first { $0.allSatisfy { !$0.isHTML } } ?? found.first ?? []
    }
    let isAttached =
      part.headers["content-disposition"]?.lowercased().hasPrefix("attachment") == true
    if isAttached { return [] }
    let bytes = decode(part.body, part.headers["content-transfer-encoding"] ?? "")
    if kind == "message/rfc822", depth > 0 {
      let message = self.part(bytes[...])
      let subject = message.headers["subject"].map { words(in: $0).collapsed } ?? ""
      return try pieces(of: message, depth: depth - 1).map { piece in
        Piece(
          text: piece.text, isHTML: piece.isHTML,
          heading: piece.heading.isEmpty ? subject : piece.heading)
      }
    }
    guard kind == "text/plain" || kind == "text/html" else { return [] }
    let text = try DecodedText(bytes, charset: parameters["charset"] ?? "").text
    return [Piece(text: text, isHTML: kind == "text/html")]
  }

  /// Divides a message at its first empty line.
  private static func part(_ bytes: ArraySlice<UInt8>) -> Part {
    var headers: [String: String] = [:]
    var last: String?
    var rest = bytes
    while !rest.isEmpty {
      let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
      var line = rest[..<end]
      rest = rest[min(end + 1, rest.endIndex)...]
      if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
      if line.isEmpty { break }
      let text = String(decoding: line, as: UTF8.self)
      if let name = last, text.first == " " || text.first == "\t" {
        headers[name]? += " " + text.trimmed
      } else if let colon = text.firstIndex(of: ":") {
        let name = text[..<colon].lowercased()
        headers[name] = text[text.index(after: colon)...].trimmed
        last = name
      }
    }
    return Part(headers: headers, body: rest)
  }

  /// What stands between the lines that are the boundary; the break before one belongs to it.
  private static func parts(of body: ArraySlice<UInt8>, boundary: String) -> [ArraySlice<UInt8>] {
    let mark = Array("--\(boundary)".utf8)
    var parts: [ArraySlice<UInt8>] = []
    var start: Int?
    var line = body.startIndex
    while line < body.endIndex {
      let end = body[line...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? body.endIndex
      let text = body[line..<end]
      if text.starts(with: mark) {
        let rest = String(decoding: text.dropFirst(mark.count), as: UTF8.self).trimmed
        if rest.isEmpty || rest == "--" {
          if let start { parts.append(body[start..<line]) }
          start = end
          if rest == "--" { return parts }
        }
      }
      line = end
    }
    if let start { parts.append(body[start...]) }
    return parts
  }

  private static func decode(_ bytes: ArraySlice<UInt8>, _ encoding: String) -> [UInt8] {
    switch encoding.trimmed.lowercased() {
    case "base64":
      // What is behind the end, as the footers that lists append, and a missing end are borne.
      var digits = bytes.prefix { $0 != UInt8(ascii: "=") }.filter { byte in
        let character = Character(Unicode.Scalar(byte))
        return character.isASCII
          && (character.isLetter || character.isNumber || character == "+" || character == "/")
      }
      if digits.count % 4 == 1 { digits.removeLast() }
      digits += Array(repeating: UInt8(ascii: "="), count: -digits.count & 3)
      return Data(base64Encoded: Data(digits)).map { Array($0) } ?? []
    case "quoted-printable": return quotedPrintable(bytes)
    default: return Array(bytes)
    }
  }

  private static func quotedPrintable(
    _ bytes: ArraySlice<UInt8>, underscoreIsSpace: Bool = false
  ) -> [UInt8] {
    var decoded: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "_"), underscoreIsSpace {
        decoded.append(UInt8(ascii: " "))
      } else if byte != UInt8(ascii: "=") {
        decoded.append(byte)
      } else if let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
        rest.count >= 2
      {
        decoded.append(value)
        rest = rest.dropFirst(2)
      } else {
        // A soft line break.
        if rest.first == UInt8(ascii: "\r") { rest = rest.dropFirst() }
        if rest.first == UInt8(ascii: "\n") { rest = rest.dropFirst() }
      }
    }
    return decoded
  }

  /// A header with its encoded words (`=?utf-8?q?…?=`) read. Those with nothing but space between
  /// them are one text, which may be divided in the middle of a character.
  private static func words(in header: String) -> String {
    var text = ""
    var word: (charset: String, bytes: [UInt8])?
    var rest = header[...]
    func close() {
      guard let ended = word else { return }
      text += (try? DecodedText(ended.bytes, charset: ended.charset).text) ?? ""
      word = nil
    }
    while let open = rest.firstRange(of: "=?") {
      let between = rest[..<open.lowerBound]
      let fields = rest[open.upperBound...].split(
        separator: "?", maxSplits: 3, omittingEmptySubsequences: false)
      guard fields.count == 4, fields[3].first == "=" else {
        close()
        text += rest[..<open.upperBound]
        rest = rest[open.upperBound...]
        continue
      }
      // Behind an asterisk a language may be named.
      let charset = fields[0].prefix { $0 != "*" }.lowercased()
      let raw = Array(fields[2].utf8)
      let bytes =
        fields[1].lowercased() == "b"
        ? decode(raw[...], "base64") : quotedPrintable(raw[...], underscoreIsSpace: true)
      if word == nil || !between.trimmed.isEmpty || word?.charset != charset {
        let isBehindWord = word != nil && between.trimmed.isEmpty
        close()
        if !isBehindWord { text += between }
        word = (charset, bytes)
      } else {
        word?.bytes += bytes
      }
      rest = fields[3].dropFirst()
    }
    close()
    return text + rest
  }
}

/// The parameters of a header such as `Content-Type: text/plain; charset="utf-8"`: quoted or not,
/// in parts (`name*0=`), and with a character set of their own (`name*=utf-8''…`, RFC 2231).
struct HeaderParameters {
  /// Parts in which the value of a parameter of a header may come.
  private static let partsMax = 100

  private var values: [String: String] = [:]

  /// Reads what stands behind the first semicolon of a header's value.
  init(_ header: some StringProtocol) {
    for piece in Self.pieces(of: header).dropFirst() {
      guard let equals = piece.firstIndex(of: "=") else { continue }
      let name = piece[..<equals].trimmed.lowercased()
      if values[name] == nil { values[name] = Self.unquoted(piece[piece.index(after: equals)...]) }
    }
  }

  /// The value of a parameter as it is written, its parts put together; `nil` without it.
  subscript(_ name: String) -> String? {
    if let value = values[name] { return value }
    var joined: String?
    for part in 0..<Self.partsMax {
      guard let value = values["\(name)*\(part)"] else { break }
      joined = (joined ?? "") + value
    }
    return joined
  }

  /// The value of a parameter that names its character set; `nil` without one that can be read.
  func extended(_ name: String) -> String? {
    guard let value = values["\(name)*"] else { return nil }
    let fields = value.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3 else { return nil }
    var bytes: [UInt8] = []
    var rest = Array(fields[2].utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return (try? DecodedText(bytes, charset: String(fields[0])))?.text
  }

  /// What stands between semicolons that are not within quotes.
  private static func pieces(of header: some StringProtocol) -> [String] {
    var pieces = [""]
    var isQuoted = false
    var isEscaped = false
    for character in header {
      if character == ";", !isQuoted {
        pieces.append("")
        continue
      }
      if character == "\"", !isEscaped { isQuoted.toggle() }
      isEscaped = character == "\\" && isQuoted && !isEscaped
      pieces[pieces.count - 1].append(character)
    }
    return pieces
  }

  /// Only a quote is read as escaped: some browsers write the backslashes of a path as they are.
  private static func unquoted(_ value: some StringProtocol) -> String {
    let text = value.trimmed
    guard text.count > 1, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
    return String(text.dropFirst().dropLast()).replacing("\\\"", with: "\"")
  }
}

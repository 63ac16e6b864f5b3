import FoundationEssentials

/// Reads an e-mail: its subject is the title, and its text the best of its parts, plain before
/// HTML; attachments are left out.
struct MailReader {
  /// How deep parts may lie in parts.
  private static let depth = 8

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
    guard let found = try text(of: message, depth: depth) else {
      return SourceDocument(title: title, sections: [])
    }
    var document =
      found.isHTML
      ? HTMLReader.read(found.text, fallbackTitle: title)
      : PlainTextReader.read(found.text, fallbackTitle: title)
    document.title = title
    let from = message.headers["from"].map { words(in: $0).collapsed } ?? ""
    let date = message.headers["date"]?.collapsed ?? ""
    if !document.sections.isEmpty, !from.isEmpty {
      document.sections[0].text =
        "From \(from)\(date.isEmpty ? "" : ", \(date)").\n\n" + document.sections[0].text
    }
    return document
  }

  private static func text(
    of part: Part, depth: Int
  ) throws(IngestError) -> (text: String, isHTML: Bool)? {
    let type = part.headers["content-type"] ?? "text/plain"
    let kind = type.prefix { $0 != ";" }.trimmed.lowercased()
    if kind.hasPrefix("multipart/"), depth > 0, let boundary = parameter("boundary", of: type) {
      var best: (text: String, isHTML: Bool)?
      for inner in parts(of: part.body, boundary: boundary) {
        guard let found = try text(of: self.part(inner), depth: depth - 1) else { continue }
        if best == nil || (best?.isHTML == true && !found.isHTML) { best = found }
      }
      return best
    }
    guard kind == "text/plain" || kind == "text/html",
      part.headers["content-disposition"]?.lowercased().hasPrefix("attachment") != true
    else { return nil }
    var bytes = decode(part.body, part.headers["content-transfer-encoding"] ?? "")
    if let charset = parameter("charset", of: type), charset.lowercased() != "utf-8",
      kind == "text/plain", String(validating: bytes, as: UTF8.self) == nil
    {
      // The decoder finds the declaration where text has one.
      bytes = Array("coding: \(charset)\n".utf8) + bytes
      let text = try DecodedText(bytes).text
      return (String(text.drop { !$0.isNewline }.dropFirst()), false)
    }
    return (try DecodedText(bytes).text, kind == "text/html")
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

  private static func parts(of body: ArraySlice<UInt8>, boundary: String) -> [ArraySlice<UInt8>] {
    let mark = Array("--\(boundary)".utf8)
    var parts: [ArraySlice<UInt8>] = []
    var rest = body
    var isInside = false
    while let found = rest.firstRange(of: mark) {
      if isInside { parts.append(rest[..<found.lowerBound]) }
      rest = rest[found.upperBound...]
      if rest.starts(with: Array("--".utf8)) { return parts }
      guard let line = rest.firstIndex(of: UInt8(ascii: "\n")) else { return parts }
      rest = rest[(line + 1)...]
      isInside = true
    }
    if isInside { parts.append(rest) }
    return parts
  }

  private static func parameter(_ name: String, of header: String) -> String? {
    for piece in header.split(separator: ";").dropFirst() {
      guard let equals = piece.firstIndex(of: "=") else { continue }
      guard piece[..<equals].trimmed.lowercased() == name else { continue }
      return piece[piece.index(after: equals)...].trimmed.filter { $0 != "\"" }
    }
    return nil
  }

  private static func decode(_ bytes: ArraySlice<UInt8>, _ encoding: String) -> [UInt8] {
    switch encoding.trimmed.lowercased() {
    case "base64":
      let digits = bytes.filter { $0 > 0x20 }
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

  /// A header with its encoded words (`=?utf-8?q?…?=`) read.
  private static func words(in header: String) -> String {
    var text = ""
    var rest = header[...]
    while let open = rest.firstRange(of: "=?") {
      text += rest[..<open.lowerBound]
      let fields = rest[open.upperBound...].split(
        separator: "?", maxSplits: 3, omittingEmptySubsequences: false)
      guard fields.count == 4, fields[3].first == "=" else {
        return text + rest[open.lowerBound...]
      }
      let raw = Array(fields[2].utf8)
      let bytes =
        fields[1].lowercased() == "b"
        ? decode(raw[...], "base64") : quotedPrintable(raw[...], underscoreIsSpace: true)
      text += (try? DecodedText(bytes).text) ?? ""
      rest = fields[3].dropFirst()
    }
    return text + rest
  }
}

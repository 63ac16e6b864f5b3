import FoundationEssentials

/// The parameters of a header such as `Content-Type: text/plain; charset="utf-8"`: quoted or not,
/// in parts (`name*0=`), and with a character set of their own (`name*=utf-8''…`, RFC 2231).
struct HeaderParameters {
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
    for part in 0..<100 {
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

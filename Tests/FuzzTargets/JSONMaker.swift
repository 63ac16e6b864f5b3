/// Makes random JSON texts of samples: each is a body as clients send it, in which tokens were
/// exchanged for others that may or may not stand there.
struct JSONMaker: Sendable {
  /// A run of bytes that means one thing.
  private struct Token {
    enum Kind: Hashable { case punctuation, string, number, word }
    let kind: Kind
    let bytes: Range<Int>
  }

  private let samples: [[UInt8]]

  /// - Parameter samples: texts that are taken as they are.
  init(_ samples: [String]) { self.samples = samples.map { Array($0.utf8) } }

  /// A sample as it is, or one with a few tokens exchanged.
  func text(_ source: inout FuzzSource) -> [UInt8] {
    var bytes = samples[source.number(below: samples.count)]
    for _ in 0..<source.number(below: 4) { exchangeToken(in: &bytes, &source) }
    return bytes
  }

  /// Changes any text: one token of it, or a value for one of a sample.
  func alter(_ bytes: inout [UInt8], _ source: inout FuzzSource) {
    guard source.chance(4) else { return exchangeToken(in: &bytes, &source) }
    let sample = samples[source.number(below: samples.count)]
    let tokens = Self.tokens(of: bytes)
    guard let place = tokens.indices.randomElement(using: &source),
      let value = Self.value(in: sample, Self.tokens(of: sample), &source)
    else { return }
    bytes.replaceSubrange(tokens[place].bytes, with: value)
  }

  private func exchangeToken(in bytes: inout [UInt8], _ source: inout FuzzSource) {
    let tokens = Self.tokens(of: bytes)
    guard !tokens.isEmpty else { return }
    let token = tokens[source.number(below: tokens.count)]
    bytes.replaceSubrange(token.bytes, with: replacement(of: token, in: bytes, tokens, &source))
  }

  /// A token, or what lies between brackets with them.
  private static func value(
    in bytes: [UInt8], _ tokens: [Token], _ source: inout FuzzSource
  ) -> ArraySlice<UInt8>? {
    guard let first = tokens.indices.randomElement(using: &source) else { return nil }
    var depth = 0
    for token in tokens[first...] {
      switch bytes[token.bytes.lowerBound] {
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
      if depth <= 0 { return bytes[tokens[first].bytes.lowerBound..<token.bytes.upperBound] }
    }
    return nil
  }

  private func replacement(
    of token: Token, in bytes: [UInt8], _ tokens: [Token], _ source: inout FuzzSource
  ) -> [UInt8] {
    // Another token of the same body, of the same kind more often than not.
    if source.chance(3) {
      let others = source.chance(4) ? tokens : tokens.filter { $0.kind == token.kind }
      return Array(bytes[others[source.number(below: others.count)].bytes])
    }
    switch token.kind {
    case .number: return Array(Self.number(&source).utf8)
    case .string: return Array(Self.string(source.text()).utf8)
    case .punctuation, .word: return Array(Self.value(&source).utf8)
    }
  }

  private static func number(_ source: inout FuzzSource) -> String {
    let texts = [
      "0", "-0", "1", "-1", "1e999", "-1e-999", "1.0", "3.4028236e38", "9007199254740993",
      "18446744073709551615", "18446744073709551616", "-9223372036854775809", "01", "1e", ".5",
    ]
    return source.chance(3) ? String(source.integer()) : texts[source.number(below: texts.count)]
  }

  private static func value(_ source: inout FuzzSource) -> String {
    let deep = 1 << source.number(below: 9)
    let texts = [
      "null", "true", "{}", "[]", "[[]]", "\"\"", "{\"a\":{}}", "[1,\"x\",null]", ",", "}", "",
      String(repeating: "[", count: deep) + String(repeating: "]", count: deep),
      String(repeating: "{\"must\":[", count: deep) + String(repeating: "]}", count: deep),
    ]
    return texts[source.number(below: texts.count)]
  }

  /// A text in quotes, with escapes where JSON wants them.
  private static func string(_ text: String) -> String {
    var written = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": written += "\\\(scalar)"
      case "\u{0}"..<" ":
        written += "\\u00" + (scalar.value < 16 ? "0" : "")
        written += String(scalar.value, radix: 16)
      default: written.unicodeScalars.append(scalar)
      }
    }
    return written + "\""
  }

  /// The tokens of a text that need not be whole any more.
  private static func tokens(of bytes: [UInt8]) -> [Token] {
    var tokens: [Token] = []
    var place = 0
    while place < bytes.count {
      let start = place
      place += 1
      switch bytes[start] {
      case UInt8(ascii: "\""):
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
          place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        place = min(place + 1, bytes.count)
        tokens.append(Token(kind: .string, bytes: start..<place))
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        while place < bytes.count, Self.isPart(ofNumber: bytes[place]) { place += 1 }
        tokens.append(Token(kind: .number, bytes: start..<place))
      case UInt8(ascii: "a")...UInt8(ascii: "z"):
        while place < bytes.count, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[place]) {
          place += 1
        }
        tokens.append(Token(kind: .word, bytes: start..<place))
      case UInt8(ascii: " "), UInt8(ascii: "\n"): break
      default: tokens.append(Token(kind: .punctuation, bytes: start..<place))
      }
    }
    return tokens
  }

  private static func isPart(ofNumber byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"),
      UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

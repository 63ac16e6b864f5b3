import FastJSON
import SeededRandom

extension SeededGenerator {
  mutating func string() -> String {
    let alphabet: [Unicode.Scalar] = [
      "a", "Z", "0", " ", "\"", "\\", "/", "\n", "\t", "\u{0}", "\u{1F}", "\u{7F}", "é",
      "e\u{301}", "\u{2028}", "漢", "\u{FFFF}", "😀", "\u{10FFFF}",
    ].flatMap(\.unicodeScalars)
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...40, using: &self) {
      text.append(alphabet.randomElement(using: &self) ?? "a")
    }
    return String(text)
  }

  mutating func double() -> Double {
    while true {
      let value = Double(bitPattern: next())
      if value.isFinite { return value }
    }
  }

  mutating func value(depth: Int) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &self) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &self))
    case 2: return .integer(Int64(bitPattern: next()) >> Int64.random(in: 0...63, using: &self))
    case 3: return .unsigned(next() | 1 << 63)
    case 4: return .double(double())
    case 5: return .double(Double(Int.random(in: -1000...1000, using: &self)) / 8)
    case 6: return .string(string())
    case 7:
      let count = Int.random(in: 0...6, using: &self)
      return .array((0..<count).map { _ in value(depth: depth - 1) })
    default:
      let count = Bool.random(using: &self) ? 3 : Int.random(in: 0...40, using: &self)
      var object = JSONObjectValue()
      for _ in 0..<count { object[string()] = value(depth: depth - 1) }
      return .object(object)
    }
  }
}

/// The text that writing the parsed source gives.
func normalized(_ source: String) throws -> String {
  var writer = JSONWriter()
  try JSONDocument(parsing: Array(source.utf8)).root.write(to: &writer)
  return String(decoding: writer.bytes, as: UTF8.self)
}

/// The text that the closure writes.
func written(_ body: (inout JSONWriter) -> Void) -> String {
  var writer = JSONWriter()
  body(&writer)
  return String(decoding: writer.bytes, as: UTF8.self)
}

/// The error that parsing gives, `nil` if it succeeds.
func syntaxError(_ bytes: [UInt8], maximumDepth: Int = 128) -> JSONSyntaxError? {
  do throws(JSONSyntaxError) {
    _ = try JSONDocument(parsing: bytes, maximumDepth: maximumDepth)
    return nil
  } catch {
    return error
  }
}

/// The error that parsing gives, `nil` if it succeeds.
func syntaxError(_ text: String, maximumDepth: Int = 128) -> JSONSyntaxError? {
  syntaxError(Array(text.utf8), maximumDepth: maximumDepth)
}

import FastJSON
import Testing

@Suite struct JSONSyntaxErrorTests {
  @Test(arguments: [
    ("", "EOF while parsing a value"),
    (" \n ", "EOF while parsing a value"),
    ("[", "EOF while parsing a list"),
    ("[1", "EOF while parsing a list"),
    ("[1,", "EOF while parsing a value"),
    ("[1,]", "trailing comma"),
    ("[,1]", "expected value"),
    ("[1 2]", "expected `,` or `]`"),
    ("[1}", "expected `,` or `]`"),
    ("{", "EOF while parsing an object"),
    ("{1:2}", "key must be a string"),
    ("{,}", "key must be a string"),
    (#"{"a""#, "EOF while parsing an object"),
    (#"{"a" 1}"#, "expected `:`"),
    (#"{"a":}"#, "expected value"),
    (#"{"a":1"#, "EOF while parsing an object"),
    (#"{"a":1,"#, "EOF while parsing a value"),
    (#"{"a":1,}"#, "trailing comma"),
    (#"{"a":1 "b":2}"#, "expected `,` or `}`"),
    (#"{"a":1]"#, "expected `,` or `}`"),
    ("]", "expected value"),
    ("'a'", "expected value"),
    ("NaN", "expected value"),
    ("+1", "expected value"),
    (".5", "expected value"),
    ("tru", "EOF while parsing a value"),
    ("trux", "expected ident"),
    ("nulL", "expected ident"),
    ("fals ", "expected ident"),
    ("truex", "trailing characters"),
    ("1 2", "trailing characters"),
    ("{} x", "trailing characters"),
    ("[1]]", "trailing characters"),
    ("01", "invalid number"),
    ("-", "EOF while parsing a value"),
    ("-a", "invalid number"),
    ("[1.]", "invalid number"),
    ("1.", "EOF while parsing a value"),
    ("[1e]", "invalid number"),
    ("[1e+]", "invalid number"),
    ("1e400", "number out of range"),
    ("[-1e400]", "number out of range"),
    (#"""#, "EOF while parsing a string"),
    (#""abc"#, "EOF while parsing a string"),
    (#""abc\"#, "EOF while parsing a string"),
    (#""\x""#, "invalid escape"),
    (#""\u12g4""#, "invalid escape"),
    (#""\u12"#, "EOF while parsing a string"),
    (#""\ud800""#, "unexpected end of hex escape"),
    (#""\ud800\n""#, "unexpected end of hex escape"),
    (#""\ud800\u0041""#, "lone leading surrogate in hex escape"),
    (#""\ud800\ud800""#, "lone leading surrogate in hex escape"),
    (#""\udc00""#, "lone leading surrogate in hex escape"),
    (#""\udfffx""#, "lone leading surrogate in hex escape"),
    ("\"a\nb\"", "control character (\\u0000-\\u001F) found while parsing a string"),
    ("\"\u{0}\"", "control character (\\u0000-\\u001F) found while parsing a string"),
    ("\u{FEFF}1", "expected value"),
    ("1\u{0}", "trailing characters"),
    ("\u{A0}1", "expected value"),
    ("[1]//", "trailing characters"),
  ])
  func refuses(source: String, message: String) {
    #expect(syntaxError(source)?.message == message, "\(source)")
  }

  @Test(
    arguments: [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x9F, 0x80], [0xE4, 0xB8],
      [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0xF5, 0x80, 0x80, 0x80],
      [0xFF], [0xE4, 0x41, 0x80],
    ] as [[UInt8]])
  func refusesInvalidUTF8(sequence: [UInt8]) {
    let quote = [UInt8(ascii: "\"")]
    let error = syntaxError(quote + sequence + quote)
    #expect(error?.message == "invalid unicode code point", "\(sequence)")
    #expect(syntaxError(sequence)?.message == "expected value")
  }

  @Test func namesThePosition() {
    #expect(syntaxError("{\n  \"a\": x\n}")?.description == "expected value at line 2 column 8")
    #expect(syntaxError("")?.description == "EOF while parsing a value at line 1 column 0")
    #expect(syntaxError("[1")?.description == "EOF while parsing a list at line 1 column 2")
    #expect(syntaxError("[1,]")?.column == 4)
  }

  @Test(arguments: [0, 1, 5, 128, 300])
  func limitsNesting(depth: Int) {
    for (open, close) in [("[", "]"), ("{\"k\":", "}")] {
      func nested(_ levels: Int) -> String {
        String(repeating: open, count: levels) + "1" + String(repeating: close, count: levels)
      }
      #expect(syntaxError(nested(depth), maximumDepth: depth) == nil)
      let error = syntaxError(nested(depth + 1), maximumDepth: depth)
      #expect(error?.message == "recursion limit exceeded")
    }
  }

  @Test func boundsNestingWhateverTheCallerAllows() {
    let levels = JSONDocument.depthMax
    let text = String(repeating: "[", count: levels + 1) + "1"
    let closed = text + String(repeating: "]", count: levels + 1)
    #expect(syntaxError(closed, maximumDepth: .max)?.message == "recursion limit exceeded")
    #expect(syntaxError("[]", maximumDepth: .min) == nil)
    #expect(syntaxError("[1]", maximumDepth: .min)?.message == "recursion limit exceeded")
    let endless = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
    #expect(syntaxError(endless)?.message == "recursion limit exceeded")
  }
}

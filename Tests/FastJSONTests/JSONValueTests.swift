import FastJSON
import SeededRandom
import Testing

@Suite struct JSONValueTests {
  @Test(arguments: [
    (" [ 1 , 2.50 , -0 , 1E2 , 1e-7, 0.000001 ] ", "[1,2.5,0,100.0,1e-7,1e-6]"),
    (#"{ "b" : 1, "a" : { } , "c":[ ] }"#, #"{"b":1,"a":{},"c":[]}"#),
    (#"{"a":1,"b":2,"a":3}"#, #"{"a":3,"b":2}"#),
    (#"{"a":1,"b":{"x":1,"x":[2]},"\u0061":{"a":0,"a":1}}"#, #"{"a":{"a":1},"b":{"x":[2]}}"#),
    (#""\u00e9\/\u0007\ud83d\ude00""#, #""é/\u0007😀""#),
    ("18446744073709551615", "18446744073709551615"),
    ("null", "null"), ("true", "true"), ("false", "false"), ("\"\"", "\"\""),
  ])
  func normalizes(source: String, expected: String) throws {
    #expect(try normalized(source) == expected)
    let value = try JSONValue(parsing: Array(source.utf8))
    #expect(String(decoding: value.serialized(), as: UTF8.self) == expected)
  }

  @Test func normalizesDuplicatesAmongManyKeys() throws {
    let unique = (0..<40).map { "\"k\($0)\":\($0)" }
    let plain = "{" + unique.joined(separator: ",") + "}"
    #expect(try normalized(plain) == plain)
    let repeated = "{" + (unique + ["\"k3\":true", "\"k39\":null"]).joined(separator: ",") + "}"
    let expected = plain.replacing("\"k3\":3,", with: "\"k3\":true,")
      .replacing("\"k39\":39", with: "\"k39\":null")
    #expect(try normalized(repeated) == expected)
  }

  @Test func randomTreesRoundTrip() throws {
    let seed: UInt64 = 0x5EED_0003
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2_000 {
      let value = random.value(depth: 4)
      let text = value.serialized()
      let document = try JSONDocument(parsing: text)
      let parsed = document.root.value
      #expect(parsed == value)
      #expect(parsed.hashValue == value.hashValue)
      #expect(parsed.serialized() == text)
      var writer = JSONWriter()
      document.root.write(to: &writer)
      #expect(writer.bytes == text)
    }
  }

  @Test func mutatedTextsNeverCrash() throws {
    let seed: UInt64 = 0x5EED_0004
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let alphabet = Array("{}[]:,\"\\/bfnrtu0123456789+-.eE adlsx\n\u{0}\u{1F}é😀\u{FEFF}".utf8)
    var accepted = 0
    for _ in 0..<20_000 {
      var bytes = random.value(depth: 3).serialized()
      if bytes.count > 400 { bytes.removeLast(bytes.count - 400) }
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let at = Int.random(in: 0...bytes.count, using: &random)
        let byte =
          Bool.random(using: &random)
          ? UInt8(truncatingIfNeeded: random.next())
          : alphabet.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.insert(byte, at: at)
        case 1 where at < bytes.count: bytes.remove(at: at)
        default: if at < bytes.count { bytes[at] = byte }
        }
      }
      accepted += try examine(bytes) ? 1 : 0
    }
    #expect(accepted > 1_000 && accepted < 19_000)
  }

  /// Checks the parser against the plain reading of the grammar; whether the text is valid.
  private func examine(_ bytes: [UInt8]) throws -> Bool {
    let finding = bytes.withUnsafeBytes { JSONDiagnosis.examine($0, maximumDepth: 128) }
    let shown = String(decoding: bytes, as: UTF8.self)
    guard let document = try? JSONDocument(parsing: bytes) else {
      guard case .malformed(let error) = finding else {
        Issue.record("refused only by the parser: \(shown)")
        return false
      }
      #expect(syntaxError(bytes) == error)
      return false
    }
    if case .malformed(let error) = finding {
      Issue.record("accepted only by the parser: \(shown): \(error)")
    }
    var writer = JSONWriter()
    document.root.write(to: &writer)
    let value = document.root.value
    #expect(value.serialized() == writer.bytes)
    #expect(try JSONValue(parsing: writer.bytes) == value)
    return true
  }

  @Test func comparesByContents() {
    #expect(JSONValue.integer(1) != .double(1))
    #expect(JSONValue.string("\u{E9}") != .string("e\u{301}"))
    #expect(JSONValue.double(0) == .double(-0.0))
    #expect(JSONValue.double(0).hashValue == JSONValue.double(-0.0).hashValue)
    #expect(JSONValue.array([.null, .bool(true)]) != .array([.bool(true), .null]))
    let left: JSONObjectValue = ["a": .integer(1), "b": .null]
    let right: JSONObjectValue = ["b": .null, "a": .integer(1)]
    #expect(left == right)
    #expect(left.hashValue == right.hashValue)
    #expect(left != ["a": .integer(1), "c": .null])
    #expect(left != ["a": .integer(1)])
  }
}

import FastJSON
import Testing

@Suite struct JSONRecordParserTests {
  private static func parse(
    _ text: String, with parser: inout JSONRecordParser
  ) throws(JSONSyntaxError) -> JSONValue {
    let bytes = Array(text.utf8)
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(JSONSyntaxError) in try parser.parse(bytes).value }
    }
    return try result.get()
  }

  @Test func textsComeOneAfterAnother() throws {
    var parser = JSONRecordParser()
    for round in 0..<100 {
      let text = "{\"a\":[\(round),\"\(String(repeating: "x", count: round * 37))\"]}"
      #expect(try Self.parse(text, with: &parser) == JSONValue(parsing: Array(text.utf8)))
    }
    // One that needs a closer look, one that is wrong, and one after them.
    #expect(try Self.parse("[18446744073709551616]", with: &parser) == .array([.double(0x1p64)]))
    #expect(throws: JSONSyntaxError.self) { try Self.parse("[1,", with: &parser) }
    #expect(try Self.parse("[1]", with: &parser) == .array([.integer(1)]))
  }

  @Test func whatIsKeptStays() throws {
    var parser = JSONRecordParser()
    let kept = try Array("[1,\"one\"]".utf8).withUnsafeBytes { bytes in
      try parser.parse(bytes)
    }
    #expect(try Self.parse("[2,\"two\"]", with: &parser) == .array([.integer(2), .string("two")]))
    #expect(kept.value == .array([.integer(1), .string("one")]))
  }
}

import FastJSON
import PointModel
import Testing

@Suite struct PayloadTests {
  @Test func anObjectSurvives() throws {
    let object: JSONObjectValue = [
      "b": .integer(10), "a": .double(10), "n": .null, "l": .array([]),
    ]
    let payload = Payload(object)
    #expect(String(decoding: payload.json, as: UTF8.self) == #"{"b":10,"a":10.0,"n":null,"l":[]}"#)
    #expect(try payload.parsed() == object)
    #expect(!payload.isEmpty)
    #expect(Payload.empty.isEmpty)
  }

  @Test(arguments: ["", "[1]", "{", "1"])
  func damagedBytesAreRefused(text: String) {
    #expect(throws: JSONSyntaxError.self) {
      try Payload(normalizedJSON: Array(text.utf8)).parsed()
    }
  }
}

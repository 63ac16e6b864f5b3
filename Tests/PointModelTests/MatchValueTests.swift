import PointModel
import Testing

@Suite struct MatchValueTests {
  @Test func stringsAreComparedByteByByte() {
    let composed = MatchValue.string("\u{e9}")
    let decomposed = MatchValue.string("e\u{301}")
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed, composed]).count == 2)
    #expect(MatchValue.string("1") != .integer(1))
    #expect(MatchValue.bool(true) != .integer(1))
  }
}

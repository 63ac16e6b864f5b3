import FastJSON
import Testing

@Suite struct JSONFloatCopyTests {
  func root(_ source: String) throws -> JSONElement {
    try JSONDocument(parsing: Array(source.utf8)).root
  }

  func copied(_ source: String) throws -> (JSONFloatCopy, [Float]) {
    var floats: [Float] = []
    let outcome = try root(source).appendFloats(to: &floats)
    return (outcome, floats)
  }

  @Test func copiesEveryKindOfNumber() throws {
    let source = "[0.1, -2, 18446744073709551615, 1e-50, -0.0, 3.4028235e38]"
    let (outcome, floats) = try copied(source)
    #expect(outcome == .copied(6))
    #expect(floats == [0.1, -2, 0x1p64, 0, 0, .greatestFiniteMagnitude])
    #expect(floats[4].sign == .minus)
    #expect(try copied("[]").0 == .copied(0))
  }

  @Test func namesWhatIsWrong() throws {
    #expect(try copied("[1,null]").0 == .notANumber(1))
    #expect(try copied(#"["1",2]"#).0 == .notANumber(0))
    #expect(try copied("[[1],2]").0 == .notANumber(0))
    #expect(try copied("[1,2,3.5e38]").0 == .notFinite(2))
    #expect(try copied("[1,-1e300]").0 == .notFinite(1))
    #expect(try copied("{}").0 == .notAnArray)
    #expect(try copied("5").0 == .notAnArray)
  }

  @Test func appends() throws {
    var floats: [Float] = [9]
    #expect(try root("[1,2.5]").appendFloats(to: &floats) == .copied(2))
    #expect(try root("[]").appendFloats(to: &floats) == .copied(0))
    #expect(try root("[1,true,2]").appendFloats(to: &floats) == .notANumber(1))
    #expect(try root("[1e39]").appendFloats(to: &floats) == .notFinite(0))
    #expect(try root("1").appendFloats(to: &floats) == .notAnArray)
    #expect(floats == [9, 1, 2.5])
  }
}

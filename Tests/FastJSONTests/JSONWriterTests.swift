import FastJSON
import SeededRandom
import Testing

@Suite struct JSONWriterTests {
  @Test(
    arguments: [
      (0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (10, "10.0"), (0.1, "0.1"), (-1.5, "-1.5"),
      (0.3, "0.3"), (1e15, "1000000000000000.0"), (1e16, "1e16"), (1.234e15, "1234000000000000.0"),
      (1.234e16, "1.234e16"), (9.0608011534336e15, "9060801153433600.0"),
      (9_007_199_254_740_992, "9007199254740992.0"), (0.0001, "0.0001"), (0.00001, "0.00001"),
      (0.000012345, "0.000012345"), (1e-6, "1e-6"), (1.5e-6, "1.5e-6"), (1.5e300, "1.5e300"),
      (.leastNonzeroMagnitude, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e308"),
      (2.2250738585072014e-308, "2.2250738585072014e-308"), (123.456, "123.456"), (1e22, "1e22"),
      (1.0 / 3, "0.3333333333333333"), (1_234_567.125, "1234567.125"), (1e100, "1e100"),
      (2.9802322387695312e-8, "2.9802322387695312e-8"), (.nan, "null"), (.infinity, "null"),
      (-.infinity, "null"),
    ] as [(Double, String)])
  func spellsDoubles(value: Double, text: String) {
    #expect(written { $0.double(value) } == text)
  }

  @Test(
    arguments: [
      (0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (0.1, "0.1"), (-2.5, "-2.5"), (0.3, "0.3"),
      (1e12, "1000000000000.0"), (1e13, "1e13"), (1.5e12, "1500000000000.0"), (1.5e13, "1.5e13"),
      (0.00001, "0.00001"), (0.000001, "0.000001"), (1.5e-6, "0.0000015"), (1e-7, "1e-7"),
      (16_777_216, "16777216.0"), (33_554_432, "33554432.0"), (.leastNonzeroMagnitude, "1e-45"),
      (3.4028235e38, "3.4028235e38"), (1.1754944e-38, "1.1754944e-38"), (1.0 / 3, "0.33333334"),
      (-0.0000012345678, "-0.0000012345678"), (.nan, "null"), (-.infinity, "null"),
    ] as [(Float, String)])
  func spellsFloats(value: Float, text: String) {
    #expect(written { $0.float(value) } == text)
  }

  @Test func doublesReadBackBitEqual() throws {
    let seed: UInt64 = 0x5EED_0001
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    for _ in 0..<50_000 {
      let value = random.double()
      let text = written { $0.double(value) }
      #expect(Double(text)?.bitPattern == value.bitPattern, "\(text)")
      let parsed = try JSONDocument(parsing: Array(text.utf8)).root
      #expect(parsed.kind == .double)
      #expect(parsed.double?.bitPattern == value.bitPattern, "\(text)")
    }
  }

  @Test func floatsReadBackBitEqual() throws {
    let seed: UInt64 = 0x5EED_0002
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    var floats: [Float] = []
    while floats.count < 50_000 {
      let value =
        Bool.random(using: &random)
        ? Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
        : Float.random(in: -1...1, using: &random)
      if value.isFinite { floats.append(value) }
    }
    let text = written { $0.floats(floats) }
    let pieces = text.dropFirst().dropLast().split(separator: ",")
    #expect(pieces.count == floats.count)
    for (piece, value) in zip(pieces, floats) {
      #expect(Float(piece)?.bitPattern == value.bitPattern, "\(piece)")
      #expect(written { $0.float(value) } == piece)
    }
    var parsed: [Float] = []
    let outcome = try JSONDocument(parsing: Array(text.utf8)).root.appendFloats(to: &parsed)
    #expect(outcome == .copied(floats.count))
    #expect(parsed.map(\.bitPattern) == floats.map(\.bitPattern))
  }

  @Test func spellsIntegers() {
    #expect(
      written {
        $0.beginArray()
        $0.integer(0)
        $0.integer(Int8.min)
        $0.integer(Int64.min)
        $0.integer(Int64.max)
        $0.integer(UInt64.max)
        $0.integer(UInt16.max)
        $0.integer(Int128.min)
        $0.endArray()
      }
        == "[0,-128,-9223372036854775808,9223372036854775807,18446744073709551615,65535,"
        + "-170141183460469231731687303715884105728]")
  }

  @Test func setsCommasAndColons() {
    let name: StaticString = "static\n"
    let text = written {
      $0.beginObject()
      $0.key("a")
      $0.beginArray()
      $0.endArray()
      $0.key(name)
      $0.beginArray()
      $0.null()
      $0.bool(true)
      $0.bool(false)
      $0.beginObject()
      $0.endObject()
      $0.string("s")
      $0.floats([])
      $0.floats([1, 2.5, .nan])
      $0.endArray()
      $0.key("raw")
      $0.rawValue(Array("[1, 2]".utf8))
      $0.key("lazy")
      $0.rawValue("{}".utf8.lazy.map { $0 })
      $0.endObject()
    }
    #expect(
      text
        == #"{"a":[],"static\n":[null,true,false,{},"s",[],[1.0,2.5,null]],"raw":[1, 2],"lazy":{}}"#
    )
    #expect(
      written { writer in
        writer.beginArray()
        Array("1".utf8).withUnsafeBytes { writer.rawValue($0) }
        Array("2".utf8).withUnsafeBytes { writer.rawValue($0) }
        writer.endArray()
      } == "[1,2]")
  }

  @Test func escapesOnlyWhatItMust() {
    let controls = String(String.UnicodeScalarView((0..<0x20).map { Unicode.Scalar($0) }))
    #expect(
      written { $0.string(controls) }
        == #""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"#
        + #"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d"#
        + #"\u001e\u001f""#
    )
    #expect(written { $0.string("\"\\/\u{7F}é😀\u{2028}") } == "\"\\\"\\\\/\u{7F}é😀\u{2028}\"")
    for position in 0..<40 {
      let before = String(repeating: "x", count: position)
      let after = String(repeating: "y", count: 40 - position)
      #expect(written { $0.string(before + "\"" + after) } == "\"\(before)\\\"\(after)\"")
    }
  }
}

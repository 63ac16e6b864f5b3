import FastJSON
import PointModel
import Testing

@Suite struct NumberTests {
  /// In ascending order, each above the one before it.
  private static let ascending: [Number] = [
    .double(-.infinity), .double(-1e300), .double(-9_223_372_036_854_777_856), .integer(.min),
    .integer(.min + 1), .integer(-9_007_199_254_740_993), .double(-9_007_199_254_740_992), -1.5, -1,
    -0.5, 0, 0.5, 1, 1.5, 2, .integer(9_007_199_254_740_991), .double(9_007_199_254_740_992),
    .integer(9_007_199_254_740_993), .double(9_007_199_254_740_994), .integer(.max),
    .unsigned(1 << 63), .unsigned(1 << 63 + 1), .unsigned(.max), .double(0x1p64),
    .double(.infinity),
  ]

  @Test func areOrderedByTheirExactValues() {
    for (left, a) in Self.ascending.enumerated() {
      for (right, b) in Self.ascending.enumerated() {
        #expect((a < b) == (left < right), "\(a) and \(b)")
        #expect((a == b) == (left == right), "\(a) and \(b)")
      }
    }
  }

  @Test func spellingsOfOneValueAreEqual() {
    let pairs: [(Number, Number)] = [
      (1, 1.0), (0, .double(-0.0)), (.integer(.min), .double(-0x1p63)),
      (.unsigned(1 << 63), .double(0x1p63)), (.integer(1000), .double(1e3)),
    ]
    for (left, right) in pairs {
      #expect(left == right && right == left)
      #expect(left.hashValue == right.hashValue)
      #expect(!(left < right) && !(right < left))
    }
    #expect(Number(UInt64(5)) == .integer(5))
    #expect(Number(UInt64.max) == .unsigned(.max))
  }

  @Test func areReadAsTheyAreSpelled() throws {
    let json = "[-9223372036854775808, 18446744073709551615, 1.0, 1e3, 18446744073709551616, \"1\"]"
    let array = try #require(try JSONDocument(parsing: Array(json.utf8)).root.array)
    let numbers: [Number?] = array.map { Number($0) }
    #expect(numbers == [.integer(.min), .unsigned(.max), 1, 1000, .double(0x1p64), nil])
  }

  @Test func becomeDoublesWhereNothingIsLost() {
    let wide = Number.integer(9_007_199_254_740_993)
    let kept = [Number.integer(5), wide].map { number in
      if case .double = number.asDoubleIfExact { true } else { false }
    }
    #expect(kept == [true, false])
  }
}

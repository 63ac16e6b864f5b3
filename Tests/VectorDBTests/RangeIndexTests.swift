import DatabaseFixture
import PointModel
import Testing
import VectorDB

/// Ranges over the numbers where integers and doubles meet, by an index and by records.
@Suite struct RangeIndexTests {
  private static let numbers: [Number] = [
    .integer(.min), .integer(-9_007_199_254_740_993), -3, -1.5, -1, 0, 0.5, 1, 2,
    .integer(9_007_199_254_740_991), .integer(9_007_199_254_740_993), .integer(.max),
    .unsigned(1 << 63), .unsigned(.max), 1e19, 1e300,
  ]
  private static let texts = [
    "-9223372036854775808", "-9007199254740993", "-3", "-1.5", "-1", "0", "0.5", "1", "2",
    "9007199254740991", "9007199254740993", "9223372036854775807", "9223372036854775808",
    "18446744073709551615", "1e19", "1e300",
  ]

  @Test(arguments: [PayloadIndexType.integer, .float])
  func anIndexAnswersAsRecordsDo(_ type: PayloadIndexType) async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      _ = try await temporary.database.createPayloadIndex(
        of: "things", at: path("n"), PayloadFieldSchema(type: type))
      _ = try await things.apply([
        .upsert(
          Self.texts.enumerated().map { index, text in
            point(UInt64(index), [1], #"{"n":\#(text),"m":\#(text)}"#)
          })
      ])
      try await things.awaitPayloadIndex(at: path("n"))
      var ranges: [RangeCondition] = [RangeCondition()]
      for bound in Self.numbers {
        ranges += [
          RangeCondition(lessThan: bound), RangeCondition(lessThanOrEqual: bound),
          RangeCondition(greaterThan: bound), RangeCondition(greaterThanOrEqual: bound),
          RangeCondition(lessThanOrEqual: bound, greaterThanOrEqual: bound),
          RangeCondition(lessThan: 2, greaterThan: bound),
        ]
      }
      for range in ranges {
        let indexed = Filter(must: [.range(key: path("n"), range)])
        let plain = Filter(must: [.range(key: path("m"), range)])
        #expect(try await things.count(indexed) == things.count(plain), "\(range)")
      }
    }
  }
}

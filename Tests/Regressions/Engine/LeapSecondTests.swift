import DatabaseFixture
import PointModel
import Testing
import VectorDB

/// A point whose moment is a leap second has its place in orders and ranges, with an index and
/// without.
@Suite struct LeapSecondTests {
  private static let moments = [
    "2016-12-31T23:59:59Z", "2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.2Z",
    "2017-01-01T00:00:00.7Z", "2016-12-31T23:59:59.9Z",
  ]

  /// The points whose moments are below, from, above and up to each of the moments.
  private func ranges(_ things: PointCollection, _ key: PayloadPath) async throws -> [[PointID]] {
    var answers: [[PointID]] = []
    for bound in Self.moments {
      let moment = try #require(Datetime(bound))
      for range in [
        DatetimeRange(lessThan: moment), DatetimeRange(greaterThanOrEqual: moment),
        DatetimeRange(greaterThan: moment), DatetimeRange(lessThanOrEqual: moment),
      ] {
        let filter = Filter(must: [.datetimeRange(key: key, range)])
        let page = try await things.scroll(ScrollRequest(limit: 10, filter: filter))
        answers.append(page.records.map(\.id))
      }
    }
    return answers
  }

  private func ordered(
    _ things: PointCollection, _ key: PayloadPath, _ direction: OrderBy.Direction
  ) async throws -> [PointID] {
    try await things.scroll(
      ScrollRequest(limit: 10, orderBy: OrderBy(key: key, direction: direction))
    ).records.map(\.id)
  }

  @Test func theIndexKnowsThem() async throws {
    try await withDatabase { fixture in
      let things = try await fixture.create(size: 1)
      let points = Self.moments.enumerated().map { number, moment in
        point(UInt64(number), [1], #"{"at":"\#(moment)"}"#)
      }
      _ = try await things.apply([.upsert(points)])
      let key = try #require(PayloadPath("at"))
      let unindexed = try await ranges(things, key)
      // Before 00:00:00.2 as moments go, though not by microseconds.
      #expect(unindexed[2 * 4] == [0, 1, 4].map { .number($0) })
      _ = try await fixture.database.createPayloadIndex(
        of: "things", at: key, PayloadFieldSchema(.datetime(DatetimeIndexParams())))
      try await things.awaitPayloadIndex(at: key)
      #expect(try await ranges(things, key) == unindexed)
      let places = [0, 4, 2, 1, 3].map { PointID.number($0) }
      #expect(try await ordered(things, key, .ascending) == places)
      #expect(try await ordered(things, key, .descending) == places.reversed())
    }
  }
}

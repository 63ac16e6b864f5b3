import DatabaseFixture
import PointModel
import Testing
import VectorDB

/// How often a search for groups asks for more points.
@Suite struct GroupBoundTests {
  private static let wanted = 13

  /// After `roundsMax`.
  @Test func whatWasFoundMustDoInTheEnd() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1, distance: .euclid)
      // The nearest points of each round, of which there are twice as many each time, are all of
      // one group; the last group is behind them.
      var id: UInt64 = 0
      for group in 0..<Self.wanted {
        let count = group + 1 == Self.wanted ? 1 : Self.wanted << group
        for start in stride(from: 0, to: count, by: 4000) {
          let points = (start..<min(count, start + 4000)).map { _ in
            id += 1
            return point(id, [Float(group)], #"{"g":\#(group)}"#)
          }
          _ = try await things.apply([.upsert(points)])
        }
      }
      var request = GroupsRequest(
        query: QueryRequest(query: .nearest(.dense([0]))), groupBy: try #require(PayloadPath("g")))
      request.limit = Self.wanted
      request.groupSize = 1
      #expect(try await things.groups(request).count == 12)
    }
  }
}

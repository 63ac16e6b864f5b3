import DatabaseFixture
import PointModel
import Testing
import VectorDB

@Suite struct ConditionalUpdateTests {
  private static let small = Filter(
    must: [.range(key: PayloadPath(steps: [.key("v")]), Bounds(lessThan: 2))])

  private func values(_ things: PointCollection) async throws -> [String] {
    try await things.scroll(ScrollRequest()).records.map { text($0.payload) ?? "" }
  }

  @Test func modesAndFilters() async throws {
    let written = [point(1, [1, 1, 1, 1], #"{"v":7}"#), point(3, [1, 1, 1, 1], #"{"v":7}"#)]
    for (condition, expected) in [
      (UpsertCondition.always, [#"{"v":7}"#, #"{"v":2}"#, #"{"v":7}"#]),
      (.insertOnly, [#"{"v":1}"#, #"{"v":2}"#, #"{"v":7}"#]),
      (.updateOnly, [#"{"v":7}"#, #"{"v":2}"#]),
      (UpsertCondition(filter: Self.small), [#"{"v":7}"#, #"{"v":2}"#, #"{"v":7}"#]),
      (
        UpsertCondition(filter: Filter(mustNot: [.filter(Self.small)])),
        [#"{"v":1}"#, #"{"v":2}"#, #"{"v":7}"#]
      ),
      (UpsertCondition(.updateOnly, filter: Self.small), [#"{"v":7}"#, #"{"v":2}"#]),
      (
        UpsertCondition(.updateOnly, filter: Filter(must: [.hasID([.number(2)])])),
        [#"{"v":1}"#, #"{"v":2}"#]
      ),
      (
        UpsertCondition(.insertOnly, filter: Self.small),
        [#"{"v":1}"#, #"{"v":2}"#, #"{"v":7}"#]
      ),
    ] {
      try await withDatabase { folder in
        let things = try await folder.create()
        _ = try await things.apply([
          .upsert([point(1, [0, 0, 0, 1], #"{"v":1}"#), point(2, [0, 0, 0, 1], #"{"v":2}"#)])
        ])
        _ = try await things.apply([.upsert(written, condition: condition)])
        #expect(try await values(things) == expected, "\(condition)")
      }
    }
  }

  @Test func conditionsAreAboutThePointBeforeTheOperation() async throws {
    try await withDatabase { folder in
      let things = try await folder.create()
      // Both are new before the operation; the later one wins, as in any upsert.
      _ = try await things.apply([
        .upsert(
          [point(1, [0, 0, 0, 1], #"{"v":1}"#), point(1, [0, 0, 0, 1], #"{"v":2}"#)],
          condition: .insertOnly)
      ])
      #expect(try await values(things) == [#"{"v":2}"#])
      // What an earlier operation of the request wrote counts.
      _ = try await things.apply([
        .upsert([point(1, [0, 0, 0, 1], #"{"v":1}"#)]),
        .upsert(
          [point(1, [0, 0, 0, 1], #"{"v":5}"#)], condition: UpsertCondition(filter: Self.small)),
        .upsert(
          [point(1, [0, 0, 0, 1], #"{"v":6}"#)], condition: UpsertCondition(filter: Self.small)),
      ])
      #expect(try await values(things) == [#"{"v":5}"#])
    }
  }

  @Test func vectorsAreUpdatedWhereTheFilterHolds() async throws {
    try await withDatabase { folder in
      let things = try await folder.create()
      _ = try await things.apply([
        .upsert([point(1, [0, 0, 0, 1], #"{"v":1}"#), point(2, [0, 0, 0, 1], #"{"v":2}"#)])
      ])
      let updates = [1, 2].map { id in
        PointVectors(id: .number(id), vectors: [NamedVector(name: "", values: [9, 9, 9, 9])])
      }
      _ = try await things.apply([.updateVectors(updates, filter: Self.small)])
      let records = try await things.retrieve([.number(1), .number(2)], withVector: .all)
      #expect(records.map { $0.vectors?[0].values } == [[9, 9, 9, 9], [0, 0, 0, 1]])
      let missing = PointVectors(id: .number(8), vectors: updates[0].vectors)
      await #expect(throws: CollectionError.pointNotFound(.number(8))) {
        try await things.apply([.updateVectors([missing], filter: Self.small)])
      }
    }
  }
}

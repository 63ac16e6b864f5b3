import DatabaseFixture
import PointModel
import Testing
import VectorDB

/// Points of equal scores keep their order while the database moves them to other rows.
@Suite struct MovedRowTests {
  private static let dimension = 256
  private static let count: UInt64 = 4000

  @Test(arguments: [0, 16]) func pagesFitTogetherWhileRowsAreMoved(threshold: Int) async throws {
    try await withDatabase { fixture in
      var config = CollectionConfig(
        vectors: .unnamed(VectorParams(size: Self.dimension, distance: .dot)))
      config.optimizers["indexing_threshold"] = .integer(Int64(threshold))
      try await fixture.database.createCollection(named: "things", config: config)
      let things = try fixture.database.collection(named: "things")
      let vector = [Float](repeating: 1, count: Self.dimension)
      for start in stride(from: 0, to: Self.count, by: 250) {
        _ = try await things.apply([.upsert((start..<start + 250).map { point($0, vector) })])
      }
      let dead = (0..<Self.count).filter { $0 % 4 != 0 }
      _ = try await things.apply([.delete(.ids(dead.map { .number($0) }))])
      func page(_ number: Int) async throws -> [PointID] {
        try await things.query([
          QueryRequest(
            query: .nearest(.dense(vector)), params: SearchParams(exact: threshold == 0),
            limit: 100, offset: 100 * number)
        ])[0].map(\.record.id)
      }
      var found = try await page(0)
      let live = (Int(Self.count) - dead.count) * Self.dimension * 4
      let areMoved = try await eventually { things.memory().vectors <= live / 3 * 4 + 1 << 20 }
      #expect(areMoved)
      for number in 1..<10 { found += try await page(number) }
      #expect(found.count == 1000)
      #expect(Set(found).count == 1000)
    }
  }
}

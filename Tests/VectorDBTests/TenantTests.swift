import DatabaseFixture
import PointModel
import SeededRandom
import Testing
import VectorDB

/// Collections of many tenants.
@Suite struct TenantTests {
  private static let key = PayloadPath(steps: [.key("tenant")])
  private static let size = 8
  private static let tenants: UInt64 = 10_000
  private static let pointsEach: UInt64 = 8
  private static let pointsOfLargest: UInt64 = 10_000

  /// Which tenant a point belongs to: one of many that are small, or the large one.
  private static func tenant(_ id: UInt64) -> String {
    id < tenants * pointsEach ? "t\(id % tenants)" : "large"
  }

  private static func vector(_ random: inout SeededGenerator) -> [Float] {
    (0..<size).map { _ in Float.random(in: -1...1, using: &random) }
  }

  private func search(
    _ database: Database, _ things: PointCollection, _ tenant: String, _ vector: [Float]
  ) async throws -> (found: [PointID], looks: [QueryExplanation.Search]) {
    let explanation = QueryExplanation()
    let filter = Filter(must: [.match(key: Self.key, .value(.string(tenant)))])
    let request = QueryRequest(query: .nearest(.dense(vector)), filter: filter, limit: 5)
    _ = try await database.queryPages([request], in: things, explanation: explanation)
    let found = try await things.query([request])[0].map(\.record.id)
    return (found, explanation.searches)
  }

  /// Counts rows, which say more than a clock does.
  @Test func aSearchScoresThePointsOfItsTenantAlone() async throws {
    try await withDatabase { temporary in
      var random = SeededGenerator(seed: 41)
      var config = CollectionConfig(
        vectors: .unnamed(VectorParams(size: Self.size, distance: .euclid)))
      config.optimizers["indexing_threshold"] = .integer(0)
      let database = temporary.database
      try await database.createCollection(named: "things", config: config)
      let things = try database.collection(named: "things")
      _ = try await database.createPayloadIndex(
        of: "things", at: Self.key,
        PayloadFieldSchema(.keyword(KeywordIndexParams(isTenant: true))))
      let count = Self.tenants * Self.pointsEach + Self.pointsOfLargest
      for start in stride(from: 0, to: count, by: 5_000) {
        let points = (start..<min(count, start + 5_000)).map { id in
          point(id, Self.vector(&random), #"{"tenant":"\#(Self.tenant(id))"}"#)
        }
        _ = try await things.apply([.upsert(points)])
      }
      _ = try await database.updateCollection(
        named: "things",
        change: CollectionConfigChange(optimizers: ["indexing_threshold": .integer(1)]))
      let isIndexed = try await eventually {
        !things.info().isIndexing
          && things.info().indexes.allSatisfy { $0.state == .ready && $0.tailRows == 0 }
      }
      #expect(isIndexed)
      for number in stride(from: 0, to: Self.tenants, by: 997) {
        let (found, looks) = try await search(
          database, things, "t\(number)", Self.vector(&random))
        #expect(found.count == 5)
        #expect(looks.count == 1)
        #expect(looks[0].filteredRows == Int(Self.pointsEach))
        #expect(looks[0].scoredRows == Int(Self.pointsEach))
        #expect(looks[0].method == .scan)
      }
      let (found, looks) = try await search(database, things, "large", Self.vector(&random))
      #expect(found.count == 5)
      #expect(looks[0].filteredRows == Int(Self.pointsOfLargest))
      #expect(try #require(looks[0].scoredRows) < Int(Self.pointsOfLargest))
      #expect(looks[0].method == .index)
      let (none, looksForNone) = try await search(
        database, things, "nobody", Self.vector(&random))
      #expect(none.isEmpty)
      #expect(looksForNone.allSatisfy { $0.scoredRows == 0 })
    }
  }
}

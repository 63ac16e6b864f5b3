import DatabaseFixture
import PointModel
import SeededRandom
import Testing
import VectorDB

/// What is dropped is held by nobody, nor waits for the next build of an index.
@Suite struct IndexerLeakTests {
  @Test func droppedCollectionsAreLetGo() async throws {
    try await withDatabase { fixture in
      var random = SeededGenerator(seed: 9)
      weak var dropped: PointCollection?
      do {
        var config = CollectionConfig(
          vectors: .unnamed(VectorParams(size: 16, distance: .cosine)))
        config.optimizers["indexing_threshold"] = .integer(16)
        try await fixture.database.createCollection(named: "things", config: config)
        let things = try fixture.database.collection(named: "things")
        for start in stride(from: UInt64(0), to: 2000, by: 500) {
          _ = try await things.apply([
            .upsert(
              (start..<start + 500).map { id in
                point(id, (0..<16).map { _ in Float.random(in: -1...1, using: &random) })
              })
          ])
        }
        for _ in 0..<20 {
          _ = try await things.query([
            QueryRequest(query: .nearest(.dense(Array(repeating: 0.5, count: 16))), limit: 10)
          ])
        }
        dropped = things
        _ = try await fixture.database.deleteCollection(named: "things")
      }
      #expect(try await eventually { dropped == nil })
    }
  }
}

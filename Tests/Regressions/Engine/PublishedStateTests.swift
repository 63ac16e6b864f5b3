import DatabaseFixture
import PointModel
import Synchronization
import Testing
import VectorDB

/// A read takes rows in memory and records on disk of one commit, however many come meanwhile.
@Suite struct PublishedStateTests {
  private final class Progress: Sendable {
    let isOver = Atomic<Bool>(false)
    let reads = Atomic<Int>(0)
  }

  /// Commits that change one collection, another, or both payloads and rows; readers of either.
  @Test func rowsAndRecordsAreOfOneCommit() async throws {
    try await withDatabase { fixture in
      let things = try await fixture.create(size: 2)
      try await fixture.database.createCollection(
        named: "others",
        config: CollectionConfig(vectors: .unnamed(VectorParams(size: 2, distance: .cosine))))
      let others = try fixture.database.collection(named: "others")
      let ids: [UInt64] = [1, 2, 3]
      @Sendable func write(_ round: Int, _ collection: PointCollection) async throws {
        let points = ids.map { point($0, [1, Float($0)], #"{"round":\#(round)}"#) }
        if round % 3 == 2 {
          let selector = PointSelector.ids(ids.map { .number($0) })
          _ = try await collection.apply([
            .setPayload(payload(#"{"round":\#(round)}"#), selector, key: nil)
          ])
        } else {
          _ = try await collection.apply([.upsert(points)])
        }
      }
      for collection in [things, others] { try await write(0, collection) }
      let progress = Progress()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for collection in [things, others] {
          for _ in 0..<2 {
            group.addTask {
              var (last, lastVersion) = (#"{"round":0}"#, UInt64(0))
              while !progress.isOver.load(ordering: .relaxed) {
                let found = try await collection.query([
                  QueryRequest(
                    query: .nearest(.value(.dense([1, 1]))), limit: 10, withPayload: .all)
                ])[0]
                let payloads = Set(found.compactMap(\.record.payload?.json))
                #expect(found.count == ids.count && payloads.count == 1)
                let now = payloads.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
                #expect(now.count > last.count || now >= last)
                let version = found.map(\.version).max() ?? 0
                #expect(version >= lastVersion)
                (last, lastVersion) = (now, version)
                progress.reads.add(1, ordering: .relaxed)
                await Task.yield()
              }
            }
          }
        }
        for round in 1...150 { try await write(round, round % 2 == 0 ? things : others) }
        progress.isOver.store(true, ordering: .relaxed)
        try await group.waitForAll()
      }
      #expect(progress.reads.load(ordering: .relaxed) > 100)
      // What a writer was told is what it reads.
      let count = try await things.count(nil)
      #expect(count == ids.count && things.info().pointsCount == ids.count)
    }
  }
}

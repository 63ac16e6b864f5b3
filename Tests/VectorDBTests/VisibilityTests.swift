import PointModel
import Testing
import VectorDB

/// What readers see while a writer overwrites and deletes.
@Suite struct VisibilityTests {
  @Test func readersNeverSeeBothVersionsNorNeither() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 2)
      let ids = UInt64(0)..<20
      _ = try await things.apply([.upsert(ids.map { point($0, [1, 0], #"{"round":0}"#) })])
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for round in 1...60 {
            let points = ids.map { point($0, [1, Float(round)], #"{"round":\#(round)}"#) }
            _ = try await things.apply([.upsert(points)])
          }
        }
        for _ in 0..<3 {
          group.addTask {
            for _ in 0..<60 {
              let hits = try await things.query([
                QueryRequest(
                  query: .nearest(.dense([1, 0])), limit: 100, withPayload: .all, withVector: .all)
              ])[0]
              #expect(hits.count == 20)
              #expect(Set(hits.map(\.record.id)).count == 20)
              let rounds = Set(hits.map { text($0.record.payload) })
              #expect(rounds.count == 1, "one request is one commit")
              let vectors = Set(hits.compactMap { $0.record.vectors?.first?.values.last })
              #expect(vectors.count == 1)
              let page = try await things.scroll(ScrollRequest(limit: 100))
              #expect(Set(page.records.map { text($0.payload) }).count == 1)
              #expect(page.records.count == 20)
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test func writersFromManyTasksAllLand() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      let numbers = try await withThrowingTaskGroup(of: [UInt64].self) { group in
        for writer in UInt64(0)..<8 {
          group.addTask {
            var numbers: [UInt64] = []
            for index in UInt64(0)..<40 {
              numbers += try await things.apply([.upsert([point(writer * 1000 + index, [1])])])
              let found = try await things.retrieve([.number(writer * 1000 + index)])
              #expect(found.count == 1, "a point is there the moment its write returns")
            }
            return numbers
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(Set(numbers) == Set(0..<320))
      #expect(try await things.count(nil) == 320)
    }
  }

  @Test func memoryOfOverwrittenRowsIsGivenBack() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1024)
      let vector = [Float](repeating: 1, count: 1024)
      for _ in 0..<24 {
        _ = try await things.apply([.upsert((0..<128).map { point($0, vector) })])
      }
      // 3,072 rows of 4 KiB were written, 128 are alive.
      #expect(things.info().vectorBytes <= 4 << 20)
      let hits = try await things.query([QueryRequest(query: .nearest(.dense(vector)), limit: 500)])
      #expect(hits[0].count == 128)
    }
  }
}

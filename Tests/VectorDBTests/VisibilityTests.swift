import DatabaseFixture
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

/// Collections share one committer but do not wait for one another's reads.
@Suite struct StagingTests {
  @Test func aHeavyFilterHoldsUpItsOwnCollectionOnly() async throws {
    try await withDatabase { temporary in
      let heavy = try await temporary.create("heavy", size: 1)
      let light = try await temporary.create("light", size: 1)
      let json = #"{"words":["\#(String(repeating: "x", count: 400))"],"drop":false}"#
      for batch in UInt64(0)..<20 {
        _ = try await heavy.apply([
          .upsert((0..<1000).map { point(batch * 1000 + $0, [1], json) })
        ])
      }
      let never = Filter(must: [
        .match(key: PayloadPath(steps: [.key("drop")]), .value(.bool(true)))
      ])
      // Long enough that the slowest sync of the other collection is over before it.
      let deletions = [Operation](repeating: .delete(.filter(never)), count: 10)
      var overtaken = false
      for round in UInt64(0)..<10 where !overtaken {
        async let deletion: Void = { _ = try await heavy.apply(deletions) }()
        _ = try await light.apply([.upsert([point(round, [1])])])
        overtaken = heavy.info().updateQueueLength > 0
        try await deletion
      }
      #expect(overtaken, "a write to one collection waited for another's filter")
      #expect(try await heavy.count(nil) == 20_000)
    }
  }

  @Test func requestsOfOneCollectionKeepTheirOrder() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      let numbers = try await withThrowingTaskGroup(of: [UInt64].self) { group in
        for _ in 0..<200 {
          group.addTask {
            try await things.apply([
              .upsert([point(1, [1])]),
              .setPayload(payload(#"{"a":1}"#), .ids([.number(1)]), key: nil),
            ])
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(numbers.allSatisfy { $0[1] == $0[0] + 1 }, "a request's operations stay together")
      #expect(Set(numbers.flatMap { $0 }) == Set(0..<400))
      #expect(text(try await things.retrieve([.number(1)])[0].payload) == #"{"a":1}"#)
    }
  }

  @Test func writesUnderWayWhenClosingAreAnswered() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      let database = temporary.database
      let outcomes = await withTaskGroup(of: PointID?.self) { group in
        for id in UInt64(0)..<100 {
          group.addTask {
            do {
              _ = try await things.apply([.upsert([point(id, [1])])])
              return .number(id)
            } catch {
              return nil
            }
          }
        }
        group.addTask {
          await database.close()
          return nil
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      try await temporary.restart()
      let reopened = try temporary.database.collection(named: "things")
      let acknowledged = outcomes.compactMap { $0 }
      #expect(try await reopened.retrieve(acknowledged).count == acknowledged.count)
      #expect(try await reopened.count(nil) == acknowledged.count)
    }
  }
}

import DatabaseFixture
import PointModel
import SeededRandom
import Testing
import VectorDB

/// Rows of scattered overwrites and deletions give their memory back.
@Suite struct RowCompactionTests {
  private static let dimension = 512
  private static let count = 6000

  private func vector(_ id: Int, _ round: Int) -> [Float] {
    [Float](repeating: Float(id % 100), count: Self.dimension - 1) + [Float(round)]
  }

  private func upsert(_ ids: [Int], round: Int, into things: PointCollection) async throws {
    for start in stride(from: 0, to: ids.count, by: 250) {
      let batch = ids[start..<min(ids.count, start + 250)]
      _ = try await things.apply([
        .upsert(batch.map { point(UInt64($0), vector($0, round), #"{"round":\#(round)}"#) })
      ])
    }
  }

  /// Waits until the rows in memory are at most `bound` bytes; a wait far above what is expected.
  private func shrinks(_ things: PointCollection, to bound: Int) async throws -> Bool {
    try await eventually { things.memory().vectors <= bound }
  }

  @Test func scatteredOverwritesKeepNoMoreThanAQuarterDead() async throws {
    try await withDatabase { temporary in
      var things = try await temporary.create(size: Self.dimension)
      var generator = SeededGenerator(seed: 11)
      for round in 0..<4 {
        try await upsert(
          Array(0..<Self.count).shuffled(using: &generator), round: round, into: things)
      }
      let live = Self.count * Self.dimension * 4
      #expect(try await shrinks(things, to: live / 3 * 4 + 2 << 20))
      for _ in 0..<2 {
        #expect(try await things.count(nil) == Self.count)
        let ids = (0..<Self.count).filter { $0.isMultiple(of: 7) }
        let records = try await things.retrieve(
          ids.map { .number(UInt64($0)) }, withPayload: .all, withVector: .all)
        #expect(
          records.map(\.vectors)
            == ids.map {
              [NamedVector(name: "", values: vector($0, 3))]
            })
        #expect(records.allSatisfy { text($0.payload) == #"{"round":3}"# })
        try await temporary.restart()
        things = try temporary.database.collection(named: "things")
      }
    }
  }

  @Test func whatIsMovedKeepsItsVersion() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: Self.dimension)
      try await upsert(Array(0..<Self.count), round: 0, into: things)
      let query = QueryRequest(
        query: .nearest(.dense(vector(99, 0))), limit: 60, withPayload: .all, withVector: .all)
      let deleted = (0..<Self.count).filter { $0 % 100 != 99 && !$0.isMultiple(of: 2) }
      _ = try await things.apply([.delete(.ids(deleted.map { .number(UInt64($0)) }))])
      let before = try await things.query([query])[0].sorted { $0.record.id < $1.record.id }
      let live = (Self.count - deleted.count) * Self.dimension * 4
      #expect(try await shrinks(things, to: live / 3 * 4 + 2 << 20))
      let after = try await things.query([query])[0].sorted { $0.record.id < $1.record.id }
      var fromMemory = query
      fromMemory.withPayload = .none
      let named = try await things.query([fromMemory])[0].sorted { $0.record.id < $1.record.id }
      #expect(named.map(\.record.id) == after.map(\.record.id))
      #expect(named.map(\.version) == after.map(\.version))
      #expect(before.map(\.record) == after.map(\.record))
      #expect(before.map(\.version) == after.map(\.version))
      #expect(before.map(\.score) == after.map(\.score))
    }
  }

  @Test func writersAndMovesDoNotLoseEachOthersChanges() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: Self.dimension)
      var generator = SeededGenerator(seed: 12)
      try await upsert(Array(0..<Self.count), round: 0, into: things)
      for round in 1..<12 {
        // Rows are moved while these go on, and by the maintenance now and then.
        let moves = Task.detached { for _ in 0..<5 { try things.compactRows() } }
        let ids = Array(0..<Self.count).shuffled(using: &generator)
        try await upsert(Array(ids.prefix(Self.count / 2)), round: round, into: things)
        let sample = ids.prefix(100).map { PointID.number(UInt64($0)) }
        let records = try await things.retrieve(sample, withPayload: .all, withVector: .all)
        #expect(records.count == 100)
        #expect(records.allSatisfy { $0.vectors?[0].values.last == Float(round) })
        #expect(records.allSatisfy { text($0.payload) == #"{"round":\#(round)}"# })
        try await moves.value
      }
      #expect(try await things.count(nil) == Self.count)
    }
  }
}

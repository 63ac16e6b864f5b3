import DatabaseFixture
import PointModel
import Testing
import VectorDB

/// Configurations that are valid and absurd are refused with a sentence or served, with memory that
/// the formula knows.
@Suite struct AbsurdConfigurationTests {
  private func config(vectors count: Int) -> CollectionConfig {
    let vectors = (0..<count).map {
      NamedVectorParams(name: "v\($0)", params: VectorParams(size: 4, distance: .cosine))
    }
    return CollectionConfig(vectors: .named(vectors))
  }

  private func options(
    memory megabytes: Int = 0, _ change: (inout Limits) -> Void = { _ in }
  ) -> DatabaseOptions {
    var limits = Limits(room: RoomLimits(memoryBytes: megabytes << 20))
    change(&limits)
    return DatabaseOptions(limits: limits)
  }

  /// What keeps `body` from being done; it must be refused.
  private func refusal(_ body: () async throws -> Void) async -> String {
    do {
      try await body()
    } catch {
      return "\(error)"
    }
    return "nothing"
  }

  @Test func vectorsOfACollectionAreBounded() async throws {
    try await withDatabase(options: options { $0.vectorsMax = 20 }) { fixture in
      let database = fixture.database
      let reason = await refusal {
        try await database.createCollection(named: "wide", config: config(vectors: 21))
      }
      #expect(reason.contains("a collection has at most 20 vectors"), "\(reason)")
      try await database.createCollection(named: "wide", config: config(vectors: 20))
      let added = VectorNameChange.add(name: "more", .sparse(SparseVectorParams()))
      let second = await refusal { _ = try await database.changeVectors(of: "wide", added) }
      #expect(second.contains("a collection has at most 20 vectors"), "\(second)")
    }
  }

  @Test func aThousandVectorsAreServedAndCounted() async throws {
    try await withDatabase { fixture in
      let database = fixture.database
      try await database.createCollection(named: "wide", config: config(vectors: 1000))
      let wide = try database.collection(named: "wide")
      #expect(wide.memory().catalogue >= 1000 << 10)
      let before = wide.memory().total
      let vectors = (0..<1000).map {
        NamedVector(name: "v\($0)", value: .dense([1, 2, 3, Float($0)]))
      }
      _ = try await wide.apply([
        .upsert([Point(id: .number(1), vectors: vectors, payload: payload("{}"))])
      ])
      // A page and a table for each.
      #expect(wide.memory().total - before >= 1000 * (4 << 10))
      let hits = try await wide.query([
        QueryRequest(query: .nearest(.value(.dense([1, 2, 3, 4]))), using: "v999", limit: 3)
      ])[0]
      #expect(hits.map(\.record.id) == [.number(1)])
    }
  }

  /// Many collections with hardly anything in them come up against the limit as one large one does,
  /// and not only once somebody has looked how much they take.
  @Test func smallCollectionsTakeOfTheLimit() async throws {
    try await withDatabase(options: options(memory: 96)) { fixture in
      let database = fixture.database
      var refused = ""
      for number in 0..<2000 where refused.isEmpty {
        refused = await refusal {
          let name = "c\(number)"
          try await database.createCollection(named: name, config: config(vectors: 1))
          let vector = NamedVector(name: "v0", value: .dense([1, 2, 3, 4]))
          _ = try await database.collection(named: name).apply([
            .upsert([Point(id: .number(1), vectors: [vector], payload: payload("{}"))])
          ])
        }
        if refused == "nothing" { refused = "" }
      }
      #expect(refused.contains("the memory limit of 96.0 MB is reached"), "\(refused)")
      // The write buffers may have come since the last sample, which is up to a second old.
      let memory = database.memory()
      #expect(memory.total - memory.writeBuffers <= 97 << 20, "\(memory)")
    }
  }

  /// What is made is never refused for being small, and counts as soon as it is there.
  @Test func newCollectionsCountBeforeTheNextSample() async throws {
    let budget = MemoryBudget(limits: RoomLimits(memoryBytes: 1 << 20))
    let held = (0..<300).map { _ in budget.hold(4 << 10, for: .upsert) }
    #expect(throws: CollectionError.self) { try budget.lease(1, for: .upsert) }
    for lease in held { lease.release() }
    #expect(throws: CollectionError.self) { try budget.lease(1, for: .upsert) }
  }

  @Test func metadataTakesOfTheLimit() async throws {
    try await withDatabase(options: options(memory: 96)) { fixture in
      let database = fixture.database
      var made = 0
      let reason = await refusal {
        for number in 0..<40 {
          try await database.createCollection(named: "c\(number)", config: config(vectors: 1))
          var change = CollectionConfigChange()
          change.metadata["text"] = .string(String(repeating: "x", count: 2 << 20))
          try await database.updateCollection(named: "c\(number)", change: change)
          made += 1
        }
      }
      #expect(reason.contains("the memory limit of 96.0 MB is reached"), "\(reason)")
      #expect(made < 12)
    }
  }

  @Test func wideCollectionsTakeOfTheLimit() async throws {
    try await withDatabase(options: options(memory: 96)) { fixture in
      var made = 0
      let reason = await refusal {
        for number in 0..<100 {
          try await fixture.database.createCollection(
            named: "c\(number)", config: config(vectors: 2000))
          made += 1
        }
      }
      #expect(reason.contains("the memory limit of 96.0 MB is reached"), "\(reason)")
      #expect(made < 30)
    }
  }
}

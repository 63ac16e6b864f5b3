import DatabaseFixture
import PointModel
import SeededRandom
import Testing
import VectorDB

/// Ids and versions that searches take from memory are those of the store.
@Suite struct IdentityTests {
  @Test(arguments: [UInt64(3), 71])
  func searchesNamePointsAsTheStoreDoes(seed: UInt64) async throws {
    try await withDatabase { temporary in
      try await temporary.create(size: 2)
      var random = SeededGenerator(seed: seed)
      let ids = (UInt64(0)..<40).map { number -> PointID in
        number % 3 == 0
          ? .uuid(PointUUID(high: number << 40, low: .max - number)) : .number(number << 57)
      }
      for step in 0..<120 {
        let things = try temporary.database.collection(named: "things")
        let some = Array(ids.shuffled(using: &random).prefix(Int.random(in: 1...6, using: &random)))
        let change = payload(#"{"step":\#(step)}"#)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5:
          let points = some.map { id in
            let vector = [Float.random(in: 0...1, using: &random), 1]
            return Point(
              id: id, vectors: [NamedVector(name: "", values: vector)], payload: change)
          }
          _ = try await things.apply([.upsert(points)])
        case 5..<8:
          let existing = try await things.retrieve(some).map(\.id)
          _ = try await things.apply([.overwritePayload(change, .ids(existing))])
        case 8: _ = try await things.apply([.delete(.ids(some))])
        default: try await temporary.restart()
        }
        try await expectSameNames(in: temporary.database.collection(named: "things"))
      }
    }
  }

  /// Payloads come from the store, and with them ids and versions.
  private func expectSameNames(in things: PointCollection) async throws {
    var request = QueryRequest(query: .nearest(.dense([1, 0])), limit: 100)
    let fromMemory = try await things.query([request])[0]
    request.withPayload = .all
    let fromStore = try await things.query([request])[0]
    #expect(fromMemory.map(\.record.id) == fromStore.map(\.record.id))
    #expect(fromMemory.map(\.version) == fromStore.map(\.version))
    #expect(fromMemory.map(\.score) == fromStore.map(\.score))
    #expect(fromMemory.allSatisfy { $0.record.payload == nil })
    #expect(try await fromMemory.count == things.count(nil))
  }

  @Test func aReaderSeesTheVersionsOfOneCommit() async throws {
    try await withDatabase(options: DatabaseOptions(durability: .interval(milliseconds: 50))) {
      temporary in
      let things = try await temporary.create(size: 2)
      let ids = (UInt64(0)..<20).map { PointID.number($0) }
      _ = try await things.apply([.upsert((UInt64(0)..<20).map { point($0, [1, 0]) })])
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for round in 0..<300 {
            let change = payload(#"{"round":\#(round)}"#)
            _ = try await things.apply([.overwritePayload(change, .ids(ids))])
          }
        }
        for _ in 0..<3 {
          group.addTask {
            var last: UInt64 = 0
            for _ in 0..<300 {
              let request = QueryRequest(query: .nearest(.dense([1, 0])), limit: 100)
              let versions = Set(try await things.query([request])[0].map(\.version))
              #expect(versions.count == 1, "one operation changed all points")
              let version = try #require(versions.first)
              #expect(version >= last, "time does not go back")
              last = version
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  /// A search that is too long to be answered where it came in finds the same.
  @Test func shortAndLongSearchesAgree() async throws {
    var answers: [[ScoredPoint]] = []
    for bytes in [0, 4 << 20] {
      let limits = Limits(briefSearchBytesMax: bytes)
      try await withDatabase(options: DatabaseOptions(limits: limits)) { temporary in
        let things = try await temporary.create(size: 2)
        _ = try await things.apply([.upsert((UInt64(0)..<500).map { point($0, [1, Float($0)]) })])
        let request = QueryRequest(
          query: .nearest(.dense([0, 1])), scoreThreshold: 30, limit: 7, offset: 5,
          withVector: .all)
        answers += try await things.query([request, request])
      }
    }
    #expect(answers[0].map(\.record.id) == (488...494).reversed().map { .number($0) })
    #expect(answers.allSatisfy { $0 == answers[0] })
  }

  /// So does one under a filter whose few rows are known, as those of a tenant, and one whose rows
  /// are many or have to be tested.
  @Test func shortAndLongFilteredSearchesAgree() async throws {
    var answers: [[[ScoredPoint]]] = []
    for bytes in [0, 4 << 20] {
      let limits = Limits(briefSearchBytesMax: bytes)
      try await withDatabase(options: DatabaseOptions(limits: limits)) { temporary in
        let things = try await temporary.create(size: 2)
        let points = (UInt64(0)..<900).map { id in
          let json = #"{"tenant":"t\#(id % 180)","n":\#(id),"free":\#(id % 3)}"#
          return point(id, [1, Float(id)], json)
        }
        _ = try await things.apply([.upsert(points)])
        for (name, type) in [("tenant", PayloadIndexType.keyword), ("n", .integer)] {
          let at = try #require(PayloadPath(name))
          _ = try await temporary.database.createPayloadIndex(
            of: "things", at: at, PayloadFieldSchema(type: type))
          try await things.awaitPayloadIndex(at: at)
        }
        _ = try await things.apply([.delete(.ids([.number(547)]))])
        let tenant = try match("tenant", .string("t7"))
        let free = try match("free", .integer(1))
        let number = Condition.range(
          key: try #require(PayloadPath("n")), Bounds(greaterThanOrEqual: 100))
        let filters = [
          Filter(must: [tenant]), Filter(must: [tenant, number]), Filter(must: [tenant, free]),
          Filter(must: [tenant], mustNot: [number]), Filter(must: [number]),
          Filter(must: [try match("tenant", .string("nobody"))]),
        ]
        var found: [[ScoredPoint]] = []
        for filter in filters {
          for limit in [3, 10] {
            let request = QueryRequest(
              query: .nearest(.dense([0, 1])), filter: filter, limit: limit, withVector: .all)
            found += try await things.query([request])
          }
        }
        answers.append(found)
      }
    }
    #expect(answers[0] == answers[1])
    let ids = answers[0].map { $0.map(\.record.id) }
    #expect(ids[1] == [727, 367, 187, 7].map { .number($0) })
    #expect(ids[3] == [727, 367, 187].map { .number($0) })
    #expect(ids[11].isEmpty)
  }

  /// A short search whose points have numbers that memory rounds reads them from the store, which
  /// it leaves to a thread: where none is free it is refused, while others are answered.
  @Test func roundedNumbersAreReadByAThread() async throws {
    let options = DatabaseOptions(searchThreads: 1, limits: Limits(waitingReadsMax: 0))
    try await withDatabase(options: options) { temporary in
      let config = CollectionConfig(
        vectors: .unnamed(VectorParams(size: 2, distance: .dot)),
        sparseVectors: [
          NamedSparseVectorParams(
            name: "words", params: SparseVectorParams(modifier: nil, datatype: .float16))
        ])
      try await temporary.database.createCollection(named: "things", config: config)
      let things = try temporary.database.collection(named: "things")
      let words = try #require(SparseVector(indices: [3, 7], values: [0.1, 0.7]))
      let points = (UInt64(0)..<5000).map { id in
        Point(
          id: .number(id),
          vectors: [
            NamedVector(name: "", values: [1, Float(id)]),
            NamedVector(name: "words", value: .sparse(words)),
          ])
      }
      _ = try await things.apply([.upsert(points)])
      func short(_ vector: VectorSelector) async throws -> ScoredPoint? {
        let request = QueryRequest(
          query: .nearest(.dense([0, 1])), limit: 1, withVector: vector)
        return try await things.query([request])[0].first
      }
      #expect(try await short(.all)?.record.vectors?.last?.value == .sparse(words))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          let long = QueryRequest(query: .nearest(.dense([0, 1])), limit: 5000)
          while !Task.isCancelled { try? await _ = things.query([long]) }
        }
        let isRefused = try await eventually {
          do {
            _ = try await short(.names(["words"]))
            return false
          } catch CollectionError.overloaded {
            return true
          }
        }
        #expect(isRefused)
        for _ in 0..<50 {
          #expect(try await short(.names([""]))?.record.id == .number(4999))
        }
        group.cancelAll()
      }
    }
  }

  private func match(_ key: String, _ value: MatchValue) throws -> Condition {
    .match(key: try #require(PayloadPath(key)), .value(value))
  }
}

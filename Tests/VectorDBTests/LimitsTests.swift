import DatabaseFixture
import FastJSON
import PointModel
import Testing
import VectorDB

/// Bounds that are reached, each of them by a database that has a small one.
@Suite struct LimitsTests {
  private func with(
    _ limits: Limits, _ body: (TemporaryDatabase) async throws -> Void
  ) async throws {
    try await withDatabase(options: DatabaseOptions(limits: limits), body)
  }

  private func path(_ text: String) throws -> PayloadPath {
    try #require(PayloadPath(text))
  }

  private func nearest(_ limit: Int) -> QueryRequest {
    var request = QueryRequest(query: .nearest(.dense([1, 0, 0, 0])), limit: limit)
    request.withPayload = .all
    return request
  }

  private func fill(_ things: PointCollection, _ count: UInt64) async throws {
    _ = try await things.apply([
      .upsert((1...count).map { point($0, [Float($0), 1, 0, 0], #"{"n":\#($0)}"#) })
    ])
  }

  @Test func aFullQueueRefuses() async throws {
    try await with(Limits(queuedOperationsMax: 0)) { temporary in
      await #expect(throws: CollectionError.overloaded(retryAfterSeconds: 1)) {
        try await temporary.create()
      }
    }
  }

  @Test func writesBeyondAGroupMakeAnother() async throws {
    try await with(Limits(groupOperationsMax: 2, groupBytesMax: 1)) { temporary in
      let things = try await temporary.create()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for id in 0..<64 {
          group.addTask {
            _ = try await things.apply([.upsert([point(UInt64(id), [1, 2, 3, 4])])])
          }
        }
        try await group.waitForAll()
      }
      #expect(try await things.count(nil) == 64)
      try await temporary.restart()
      #expect(try await temporary.database.collection(named: "things").count(nil) == 64)
    }
  }

  @Test func collectionsHaveANumber() async throws {
    try await with(Limits(collectionsMax: 2)) { temporary in
      try await temporary.create("a")
      try await temporary.create("b")
      await #expect(
        throws: CollectionError.wrongInput(
          "Can't create collection with name c. Max collections limit reached: 2")
      ) { try await temporary.create("c") }
      _ = try await temporary.database.deleteCollection(named: "a")
      try await temporary.create("c")
    }
  }

  @Test func payloadIndexesHaveANumber() async throws {
    try await with(Limits(payloadFieldsMax: 1)) { temporary in
      try await temporary.create()
      let keyword = PayloadFieldSchema(type: .keyword)
      let database = temporary.database
      _ = try await database.createPayloadIndex(of: "things", at: path("a"), keyword)
      await #expect(throws: CollectionError.self) {
        try await database.createPayloadIndex(of: "things", at: path("b"), keyword)
      }
      _ = try await database.createPayloadIndex(of: "things", at: path("a"), keyword)
    }
  }

  @Test func pathsOfPayloadIndexesHaveALength() async throws {
    try await with(Limits(payloadFieldPathBytesMax: 5)) { temporary in
      try await temporary.create()
      let keyword = PayloadFieldSchema(type: .keyword)
      let database = temporary.database
      _ = try await database.createPayloadIndex(of: "things", at: path("abc.d"), keyword)
      await #expect(
        throws: CollectionError.wrongInput(
          "the path of an indexed payload field has at most 5 bytes, this has 6")
      ) { try await database.createPayloadIndex(of: "things", at: path("abc.de"), keyword) }
    }
  }

  /// Metadata grows with each change of it, and so do names; less of them is always taken.
  @Test func catalogueEntriesHaveASize() async throws {
    try await with(Limits(catalogueEntryBytesMax: 3000)) { temporary in
      let things = try await temporary.create()
      let database = temporary.database
      func add(_ key: String, _ count: Int?) async throws {
        let value = count.map { JSONValue.string(String(repeating: "x", count: $0)) } ?? .null
        let change = CollectionConfigChange(metadata: JSONObjectValue([(key, value)]))
        try await database.updateCollection(named: "things", change: change)
      }
      try await add("a", 1000)
      await #expect(throws: CollectionError.self) { try await add("b", 2000) }
      #expect(things.config.metadata?.keys == ["a"])
      let keyword = PayloadFieldSchema(type: .keyword)
      let long = try path(String(repeating: "p", count: 900))
      _ = try await database.createPayloadIndex(of: "things", at: long, keyword)
      let longer = try path(String(repeating: "q", count: 900))
      await #expect(throws: CollectionError.self) {
        try await database.createPayloadIndex(of: "things", at: longer, keyword)
      }
      await #expect(throws: CollectionError.self) {
        let config = CollectionConfig(
          vectors: things.config.vectors,
          metadata: JSONObjectValue([("m", .string(String(repeating: "m", count: 3000)))]))
        try await database.createCollection(named: "others", config: config)
      }
      let before = things.memory().catalogue
      try await add("a", nil)
      #expect(before - things.memory().catalogue >= 2000)
    }
  }

  @Test func payloadsNestSoDeep() async throws {
    try await with(Limits(payloadDepthMax: 3)) { temporary in
      let things = try await temporary.create()
      try await fill(things, 1)
      let one = PointSelector.ids([.number(1)])
      _ = try await things.apply([.setPayload(payload(#"{"x":1}"#), one, key: path("a.b"))])
      await #expect(throws: CollectionError.self) {
        try await things.apply([.setPayload(payload(#"{"x":1}"#), one, key: path("a.b.c"))])
      }
    }
  }

  @Test func formulasAndMatricesHaveASize() async throws {
    try await with(Limits(formulaSizeMax: 3, matrixEntriesMax: 6)) { temporary in
      let things = try await temporary.create()
      try await fill(things, 5)
      func sum(_ terms: Int) -> QueryRequest {
        let terms = [FormulaExpression](repeating: .constant(1), count: terms)
        return QueryRequest(
          prefetch: [QueryNode(query: .nearest(.dense([1, 0, 0, 0])))],
          query: .formula(Formula(.sum(terms))))
      }
      #expect(try await things.query([sum(2)])[0].map(\.score).allSatisfy { $0 == 2 })
      await #expect(
        throws: CollectionError.badRequest("a formula may not have more than 3 expressions")
      ) { try await things.query([sum(3)]) }
      _ = try await things.matrix(MatrixRequest(sample: 3, limit: 2))
      await #expect(throws: CollectionError.self) {
        try await things.matrix(MatrixRequest(sample: 4, limit: 2))
      }
    }
  }

  /// Those that are not weighed follow by nearness; those that are begin with the most unlike.
  @Test func onlySoManyCandidatesAreWeighed() async throws {
    try await with(Limits(diversifiedCandidatesMax: 2)) { temporary in
      let things = try await temporary.create()
      try await fill(things, 20)
      let query = Query.mmr(.dense([1, 0, 0, 0]), diversity: 1, candidates: 20)
      let found = try await things.query([QueryRequest(query: query, limit: 20)])[0]
      #expect(found.map(\.record.id) == (1...20).reversed().map { .number($0) })
    }
  }

  /// Pages and rankings that are kept make no difference to what is found.
  @Test func longAnswersComeInPages() async throws {
    try await with(Limits(wholeAnswerPointsMax: 2, rankingBytesMax: 0)) { temporary in
      let things = try await temporary.create()
      try await fill(things, 50)
      let whole = try await things.query([nearest(50)])[0]
      for count in [2, 3, 50] {
        var pages = try await things.queryPages([nearest(count)])
        var found: [ScoredPoint] = []
        while let page = try await pages.next() { found += page.points }
        #expect(found == Array(whole.prefix(count)))
      }
      var second = nearest(10)
      second.offset = 10
      #expect(try await things.query([second])[0] == Array(whole[10..<20]))
    }
  }

  /// Whoever writes waits until no more rows than these are outside of the lists, once there are
  /// any.
  @Test func writersWaitForTheIndex() async throws {
    let (limit, step) = (200, 100)
    try await with(Limits(indexTailRowsMax: limit)) { temporary in
      var config = CollectionConfig(vectors: .unnamed(VectorParams(size: 32, distance: .dot)))
      config.optimizers["indexing_threshold"] = .integer(16)
      try await temporary.database.createCollection(named: "things", config: config)
      let things = try temporary.database.collection(named: "things")
      var kept = 0
      for start in stride(from: 0, to: 3000, by: step) {
        let points = (start..<start + step).map { (id: Int) -> Point in
          let values = (0..<32).map { (place: Int) -> Float in Float((id * 31 + place * 17) % 101) }
          return point(UInt64(id), values)
        }
        _ = try await things.apply([.upsert(points)])
        if start == 2 * step {
          #expect(try await eventually(within: 60) { things.info().indexedVectorsCount > 0 })
        }
        let count = start + step
        if things.info().indexedVectorsCount >= count - limit - step { kept += 1 }
      }
      // An index that takes the place of another lacks what was written while it was trained: the
      // next write waits for that.
      #expect(kept >= 20, "\(kept) of 30")
    }
  }

  /// Reads that may not pause keep their threads, and are answered.
  @Test func noReadPauses() async throws {
    try await with(Limits(briefSearchBytesMax: 0, pausedReadsMax: 0)) { temporary in
      let things = try await temporary.create()
      try await fill(things, 2000)
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<32 {
          group.addTask { try await things.query([nearest(2000)])[0].count }
        }
        for try await count in group { #expect(count == 2000) }
      }
    }
  }

  /// Of reads that come at once some find no place; those that wait are answered.
  @Test func readsThatFindNoPlaceAreRefused() async throws {
    let limits = Limits(briefSearchBytesMax: 0, waitingReadsMax: 1)
    try await withDatabase(options: DatabaseOptions(searchThreads: 1, limits: limits)) {
      temporary in
      let things = try await temporary.create()
      try await fill(things, 2000)
      let hasRefused = try await eventually {
        try await withThrowingTaskGroup(of: Bool.self) { group in
          for _ in 0..<64 {
            group.addTask {
              do {
                return try await things.query([nearest(2000)])[0].count != 2000
              } catch CollectionError.overloaded(retryAfterSeconds: 1) {
                return true
              }
            }
          }
          return try await group.reduce(false) { $0 || $1 }
        }
      }
      #expect(hasRefused)
      #expect(try await things.query([nearest(3)])[0].count == 3)
    }
  }

  /// A request comes while rows are read: it is answered, or told to come again.
  @Test func loadingIsNotWaitedForLonger() async throws {
    let limits = Limits(loadingWaitMilliseconds: 0, payloadIndexRowsAtLoadMax: 10)
    try await with(limits) { temporary in
      let things = try await temporary.create()
      try await fill(things, 500)
      _ = try await temporary.database.createPayloadIndex(
        of: "things", at: path("n"), PayloadFieldSchema(type: .integer))
      try await temporary.restart()
      let found = try await eventually {
        do {
          let again = try temporary.database.collection(named: "things")
          let filter = Filter(must: [.match(key: try path("n"), .value(.integer(7)))])
          return try await again.count(filter) == 1
        } catch CollectionError.loading {
          return false
        }
      }
      #expect(found)
      // Built while the collection serves, as it has more rows than are indexed before.
      let again = try temporary.database.collection(named: "things")
      try await again.awaitPayloadIndex(at: path("n"))
      #expect(again.info().payloadFields.map(\.pointsCount) == [500])
    }
  }
}

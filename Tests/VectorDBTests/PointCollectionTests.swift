import DatabaseFixture
import FastJSON
import PointModel
import Testing
import VectorDB

@Suite struct PointCollectionTests {
  @Test func upsertedPointsAreFoundAtOnceAndAfterRestart() async throws {
    try await withDatabase { temporary in
      var things = try await temporary.create()
      let numbers = try await things.apply([
        .upsert([point(1, [1, 0, 0, 0], #"{"a":1}"#), point(2, [0, 1, 0, 0])])
      ])
      #expect(numbers == [0])
      for _ in 0..<2 {
        let hits = try await things.query([
          QueryRequest(query: .nearest(.dense([2, 1, 0, 0])), withPayload: .all)
        ])[0]
        #expect(hits.map(\.record.id) == [.number(1), .number(2)])
        #expect(hits.map(\.score) == [2, 1])
        #expect(text(hits[0].record.payload) == #"{"a":1}"#)
        #expect(try await things.count(nil) == 2)
        try await temporary.restart()
        things = try temporary.database.collection(named: "things")
      }
    }
  }

  @Test func anOverwriteReplacesVectorAndPayload() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create()
      _ = try await things.apply([.upsert([point(1, [1, 0, 0, 0], #"{"a":1}"#)])])
      let numbers = try await things.apply([.upsert([point(1, [0, 0, 3, 0])])])
      #expect(numbers == [1])
      let records = try await things.retrieve([.number(1)], withPayload: .all, withVector: .all)
      #expect(records.count == 1)
      #expect(records[0].vectors == [NamedVector(name: "", values: [0, 0, 3, 0])])
      #expect(text(records[0].payload) == "{}")
      #expect(try await things.count(nil) == 1)
      let hits = try await things.query([QueryRequest(query: .nearest(.dense([1, 1, 1, 1])))])[0]
      #expect(hits.map(\.score) == [3])
      #expect(hits[0].version == 1)
    }
  }

  @Test func cosineVectorsAreNormalisedOnWrite() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 2, distance: .cosine)
      _ = try await things.apply([.upsert([point(1, [3, 4]), point(2, [0, 0])])])
      let records = try await things.retrieve(
        [.number(2), .number(1)], withPayload: .none, withVector: .all)
      #expect(records[0].vectors == [NamedVector(name: "", values: [0, 0])])
      #expect(records[1].vectors == [NamedVector(name: "", values: [0.6, 0.8])])
    }
  }

  @Test(arguments: [
    (Distance.euclid, [Float(0), 5], [PointID.number(1), .number(2)]),
    (Distance.manhattan, [Float(0), 7], [PointID.number(1), .number(2)]),
    (Distance.dot, [Float(25), 0], [PointID.number(2), .number(1)]),
  ])
  func scoresAreThoseOfTheDistance(_ distance: Distance, _ scores: [Float], _ ids: [PointID])
    async throws
  {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 2, distance: distance)
      _ = try await things.apply([.upsert([point(1, [0, 0]), point(2, [3, 4])])])
      let query: [Float] = distance == .dot ? [3, 4] : [0, 0]
      let hits = try await things.query([QueryRequest(query: .nearest(.dense(query)))])[0]
      #expect(hits.map(\.record.id) == ids)
      #expect(hits.map(\.score) == scores)
    }
  }

  @Test func aThresholdKeepsWhatIsNearEnough() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1, distance: .euclid)
      _ = try await things.apply([.upsert([point(1, [1]), point(2, [2]), point(3, [4])])])
      let hits = try await things.query([
        QueryRequest(query: .nearest(.dense([0])), scoreThreshold: 2.5)
      ])[0]
      #expect(hits.map(\.record.id) == [.number(1), .number(2)])
    }
  }

  @Test func aQueryByIDLeavesThePointOut() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      _ = try await things.apply([.upsert([point(1, [1]), point(2, [2]), point(3, [3])])])
      let hits = try await things.query([QueryRequest(query: .nearest(.point(.number(3))))])[0]
      #expect(hits.map(\.record.id) == [.number(2), .number(1)])
      await #expect(throws: CollectionError.pointNotFound(.number(9))) {
        try await things.query([QueryRequest(query: .nearest(.point(.number(9))))])
      }
    }
  }

  @Test func refusedWritesChangeNothing() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 2)
      _ = try await things.apply([.upsert([point(1, [1, 1], #"{"a":1}"#)])])
      await #expect(
        throws: CollectionError.wrongDimension(expected: 2, got: 3, context: "point 3, vector")
      ) {
        try await things.apply([.upsert([point(2, [1, 2]), point(3, [1, 2, 3])])])
      }
      await #expect(throws: CollectionError.pointNotFound(.number(7))) {
        try await things.apply([
          .upsert([point(4, [1, 2])]),
          .setPayload(payload(#"{"b":2}"#), .ids([.number(1), .number(7)]), key: nil),
        ])
      }
      #expect(try await things.count(nil) == 1)
      let records = try await things.retrieve([.number(1)])
      #expect(text(records[0].payload) == #"{"a":1}"#)
    }
  }

  @Test func operationsOfOneRequestSeeEachOther() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      _ = try await things.apply([.upsert([point(1, [1], #"{"keep":true}"#)])])
      let filter = Filter(must: [
        .match(key: PayloadPath(steps: [.key("drop")]), .value(.bool(true)))
      ])
      let numbers = try await things.apply([
        .upsert([point(2, [2], #"{"drop":true}"#), point(3, [3])]),
        .setPayload(payload(#"{"drop":true}"#), .ids([.number(3)]), key: nil),
        .delete(.filter(filter)),
        .upsert([point(4, [4])]),
      ])
      #expect(numbers == [1, 2, 3, 4])
      let page = try await things.scroll(ScrollRequest())
      #expect(page.records.map(\.id) == [.number(1), .number(4)])
    }
  }

  @Test func namedVectorsChangeOneByOne() async throws {
    try await withDatabase { temporary in
      let config = CollectionConfig(
        vectors: .named([
          NamedVectorParams(name: "a", params: VectorParams(size: 1, distance: .dot)),
          NamedVectorParams(name: "b", params: VectorParams(size: 2, distance: .euclid)),
        ]))
      try await temporary.database.createCollection(named: "named", config: config)
      var named = try temporary.database.collection(named: "named")
      let a = NamedVector(name: "a", values: [1])
      let b = NamedVector(name: "b", values: [1, 2])
      _ = try await named.apply([.upsert([Point(id: .number(1), vectors: [a])])])
      _ = try await named.apply([.updateVectors([PointVectors(id: .number(1), vectors: [b])])])
      var records = try await named.retrieve([.number(1)], withVector: .all)
      #expect(records[0].vectors == [a, b])
      _ = try await named.apply([.deleteVectors(names: ["a"], .ids([.number(1)]))])
      try await temporary.restart()
      named = try temporary.database.collection(named: "named")
      records = try await named.retrieve([.number(1)], withVector: .all)
      #expect(records[0].vectors == [b])
      let hits = try await named.query([QueryRequest(query: .nearest(.dense([5])), using: "a")])[0]
      #expect(hits.isEmpty)
      await #expect(throws: CollectionError.unknownVector("c", context: "using")) {
        try await named.query([QueryRequest(query: .nearest(.dense([5])), using: "c")])
      }
    }
  }

  @Test func scrollingVisitsNumbersThenUUIDsInOrder() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      let uuids = (0..<300).map { PointID.uuid(PointUUID(high: UInt64($0 % 7), low: UInt64($0))) }
      let ids = (0..<700).map { PointID.number(UInt64(($0 * 37) % 700)) } + uuids
      _ = try await things.apply([
        .upsert(ids.map { Point(id: $0, vectors: [NamedVector(name: "", values: [1])]) })
      ])
      var seen: [PointID] = []
      var offset: PointID?
      repeat {
        let page = try await things.scroll(ScrollRequest(offset: offset, limit: 33))
        seen += page.records.map(\.id)
        offset = page.nextOffset
      } while offset != nil
      #expect(seen == ids.sorted())
    }
  }

  @Test func collectionsComeAndGo() async throws {
    try await withDatabase { temporary in
      let first = try await temporary.create("first")
      _ = try await first.apply([.upsert([point(1, [1, 2, 3, 4])])])
      await #expect(throws: CollectionError.collectionExists("first")) {
        try await temporary.create("first")
      }
      #expect(try await temporary.database.deleteCollection(named: "first"))
      #expect(try await !temporary.database.deleteCollection(named: "first"))
      await #expect(throws: CollectionError.collectionNotFound("first")) {
        try await first.apply([.upsert([point(1, [1, 2, 3, 4])])])
      }
      let again = try await temporary.create("first")
      #expect(try await again.count(nil) == 0)
      try await temporary.restart()
      #expect(temporary.database.collections.map(\.name) == ["first"])
      #expect(try await temporary.database.collection(named: "first").count(nil) == 0)
    }
  }

  @Test func aSecondOpenIsRefused() async throws {
    try await withDatabase { temporary in
      #expect(throws: DatabaseError.inUse(path: temporary.path)) {
        try Database.open(at: temporary.path, logger: TemporaryDatabase.logger)
      }
    }
  }

  @Test func requestsAfterCloseAreRefused() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      await temporary.database.close()
      await #expect(throws: CollectionError.shuttingDown) {
        try await things.apply([.upsert([point(1, [1])])])
      }
      await #expect(throws: CollectionError.shuttingDown) {
        try await things.retrieve([.number(1)])
      }
    }
  }
}

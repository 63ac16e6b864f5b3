import DatabaseFixture
import FastJSON
import Foundation
import PointModel
import SeededRandom
import Testing
import VectorDB
import VectorIndex

/// Collections that grow an index.
@Suite struct IndexTests {
  private static let dimension = 32
  /// 32 floats are 128 bytes: 8 points a kilobyte.
  private static let threshold = 64

  private func create(
    _ temporary: TemporaryDatabase, named name: String = "things", threshold: Int = threshold,
    distance: Distance = .euclid
  ) async throws -> PointCollection {
    var config = CollectionConfig(
      vectors: .unnamed(VectorParams(size: Self.dimension, distance: distance)))
    config.optimizers["indexing_threshold"] = .integer(Int64(threshold))
    try await temporary.database.createCollection(named: name, config: config)
    return try temporary.database.collection(named: name)
  }

  private func vector(_ random: inout SeededGenerator) -> [Float] {
    (0..<Self.dimension).map { _ in Float.random(in: -1...1, using: &random) }
  }

  private func upsert(
    _ ids: Range<UInt64>, in things: PointCollection, _ random: inout SeededGenerator
  ) async throws {
    for start in stride(from: ids.lowerBound, to: ids.upperBound, by: 250) {
      let points = (start..<min(ids.upperBound, start + 250)).map { point($0, vector(&random)) }
      _ = try await things.apply([.upsert(points)])
    }
  }

  /// Waits for the light to turn green with every row in the lists.
  private func awaitIndex(_ things: PointCollection, seconds: Int = 60) async throws {
    let hasCome = try await eventually(within: seconds) {
      let info = things.info()
      return !info.isIndexing
        && info.indexes.allSatisfy { $0.state == .ready && $0.tailRows == 0 }
    }
    #expect(hasCome, "no index came: \(things.info().indexes)")
  }

  /// Gives the indexer, which looks after all collections, the time that an index takes it.
  private func indexAnother(_ temporary: TemporaryDatabase) async throws {
    var random = SeededGenerator(seed: 99)
    let another = try await create(temporary, named: "another")
    try await upsert(0..<2000, in: another, &random)
    try await awaitIndex(another)
  }

  private func nearest(
    _ things: PointCollection, _ vector: [Float], limit: Int = 10,
    _ params: SearchParams = SearchParams()
  ) async throws -> [PointID] {
    try await things.query([
      QueryRequest(query: .nearest(.dense(vector)), params: params, limit: limit)
    ])[0].map(\.record.id)
  }

  @Test func anIndexComesAtTheThresholdAndIsTold() async throws {
    try await withDatabase { temporary in
      var random = SeededGenerator(seed: 1)
      let things = try await create(temporary)
      try await upsert(0..<400, in: things, &random)
      #expect(things.info().indexes.map(\.state) == [.none])
      #expect(things.info().indexedVectorsCount == 0)
      try await upsert(400..<2000, in: things, &random)
      try await awaitIndex(things)
      let info = things.info()
      #expect(info.indexedVectorsCount == 2000)
      let statistics = try #require(info.indexes[0].statistics)
      #expect(statistics.listCount > 10)
      #expect(statistics.entryCount == 4000)
      #expect(things.memory().codes == statistics.memory.codes)
      #expect(statistics.memory.codes > 0)
      var found = 0
      for _ in 0..<50 {
        let query = vector(&random)
        let exact = try await nearest(things, query, SearchParams(exact: true))
        let hits = try await nearest(things, query)
        found += Set(exact).intersection(hits).count
      }
      #expect(found >= 465, "recall \(Double(found) / 500)")
    }
  }

  @Test func anIndexIsCalibratedWithWhatIsAsked() async throws {
    try await withDatabase { temporary in
      var random = SeededGenerator(seed: 12)
      let things = try await create(temporary)
      try await upsert(0..<2000, in: things, &random)
      try await awaitIndex(things)
      let first = try #require(things.info().indexes.first?.statistics)
      #expect(!first.calibration.isEmpty)
      for _ in 0..<25 {
        let requests = (0..<10).map { _ in
          QueryRequest(query: .nearest(.dense(vector(&random))), limit: 10)
        }
        _ = try await things.query(requests)
      }
      let isCalibrated = try await eventually {
        things.info().indexes.first?.statistics?.calibration != first.calibration
      }
      #expect(isCalibrated)
      let now = things.info().indexes.first?.statistics
      #expect(now?.calibration.isEmpty == false)
      #expect(now?.entryCount == first.entryCount, "the lists are the same")
    }
  }

  @Test func aThresholdOfZeroMeansNever() async throws {
    try await withDatabase { temporary in
      var random = SeededGenerator(seed: 2)
      let things = try await create(temporary, threshold: 0)
      try await upsert(0..<3000, in: things, &random)
      try await indexAnother(temporary)
      #expect(things.info().indexes.map(\.state) == [.none])
      var change = CollectionConfigChange()
      change.optimizers["indexing_threshold"] = .integer(64)
      try await temporary.database.updateCollection(named: "things", change: change)
      try await awaitIndex(things)
    }
  }

  @Test func manhattanStaysExact() async throws {
    try await withDatabase { temporary in
      var random = SeededGenerator(seed: 3)
      let things = try await create(temporary, distance: .manhattan)
      try await upsert(0..<2000, in: things, &random)
      try await indexAnother(temporary)
      #expect(things.info().indexes.map(\.state) == [.none])
      #expect(!things.info().isIndexing)
    }
  }

  /// Before, during and after builds: a point is found as soon as its write returns, and is not
  /// found any more as soon as its deletion or replacement does.
  @Test func writesShowAtOnceWhateverTheIndexerDoes() async throws {
    try await withDatabase { temporary in
      var random = SeededGenerator(seed: 4)
      let things = try await create(temporary)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in UInt64(0)..<3 {
          group.addTask {
            var random = SeededGenerator(seed: 40 + writer)
            for round in UInt64(0)..<120 {
              let base = (writer * 1000 + round) * 100
              let points = (base..<base + 20).map { point($0, vector(&random)) }
              _ = try await things.apply([.upsert(points)])
              let probe = try #require(points.randomElement(using: &random))
              let values = try #require(probe.vectors.first?.values)
              #expect(try await nearest(things, values, limit: 1) == [probe.id])
              let moved = vector(&random)
              _ = try await things.apply([
                .upsert([
                  Point(
                    id: probe.id, vectors: [NamedVector(name: "", values: moved)],
                    payload: payload("{}"))
                ])
              ])
              #expect(try await nearest(things, moved, limit: 1) == [probe.id])
              #expect(try await nearest(things, values, limit: 1) != [probe.id])
              _ = try await things.apply([.delete(.ids([probe.id]))])
              #expect(try await nearest(things, moved, limit: 3).contains(probe.id) == false)
            }
          }
        }
        try await group.waitForAll()
      }
      try await awaitIndex(things)
      #expect(things.info().pointsCount == 3 * 120 * 19)
      let statistics = try #require(things.info().indexes[0].statistics)
      #expect(statistics.coveredRows == 3 * 120 * 21)
      _ = random.next()
    }
  }

  @Test func openingDoesNotTrainAgain() async throws {
    try await withDatabase { temporary in
      var random = SeededGenerator(seed: 5)
      let things = try await create(temporary)
      // At once: what grows while it is trained may be trained anew at any time.
      let points = (0..<3000).map { point($0, vector(&random)) }
      _ = try await things.apply([.upsert(points)])
      try await awaitIndex(things)
      try await temporary.restart()
      let again = try temporary.database.collection(named: "things")
      let info = again.info()
      #expect(info.indexes[0].state == .ready, "it is there from the first moment")
      #expect(info.indexes[0].statistics?.trainedRows ?? 0 > 0)
      let query = vector(&random)
      #expect(
        try await nearest(again, query, SearchParams(ivf: .recall(1)))
          == nearest(again, query, SearchParams(exact: true)))
    }
  }

  @Test(arguments: ["cut", "flipped", "missing", "newer"]) func damagedIndexesAreBuiltAnew(
    damage: String
  ) async throws {
    try await withDatabase { temporary in
      var random = SeededGenerator(seed: 6)
      let things = try await create(temporary)
      try await upsert(0..<2000, in: things, &random)
      try await awaitIndex(things)
      let queries = (0..<10).map { _ in vector(&random) }
      var exact: [[PointID]] = []
      for query in queries {
        exact.append(try await nearest(things, query, SearchParams(exact: true)))
      }
      let file = URL(fileURLWithPath: temporary.path + "/index/1-0.ivf")
      #expect(try await eventually { FileManager.default.fileExists(atPath: file.path) })
      try await temporary.restart {
        var bytes = try Data(contentsOf: file)
        switch damage {
        case "cut": bytes.removeLast(1000)
        case "flipped": bytes[bytes.count / 2] ^= 4
        case "newer": bytes[12] = 9
        default: break
        }
        try bytes.write(to: file)
        if damage == "missing" { try FileManager.default.removeItem(at: file) }
      }
      let again = try temporary.database.collection(named: "things")
      for (query, truth) in zip(queries, exact) {
        #expect(try await nearest(again, query, SearchParams(ivf: .recall(1))) == truth)
      }
      try await awaitIndex(again)
      #expect(again.info().indexedVectorsCount == 2000)
    }
  }

  @Test func aCollectionMayGoWhileItsIndexIsBuilt() async throws {
    try await withDatabase { temporary in
      var random = SeededGenerator(seed: 7)
      for _ in 0..<5 {
        let things = try await create(temporary)
        try await upsert(0..<3000, in: things, &random)
        #expect(try await temporary.database.deleteCollection(named: "things"))
      }
      let things = try await create(temporary)
      try await upsert(0..<2000, in: things, &random)
      try await awaitIndex(things)
      try await temporary.restart()
      let files = try FileManager.default.contentsOfDirectory(atPath: temporary.path + "/index")
      #expect(files.count == 1, "files of collections that are gone are removed: \(files)")
    }
  }

  @Test func effortIsAskedForInSeveralWays() async throws {
    try await withDatabase { temporary in
      var random = SeededGenerator(seed: 8)
      let things = try await create(temporary)
      try await upsert(0..<4000, in: things, &random)
      try await awaitIndex(things)
      func recall(_ params: SearchParams) async throws -> Double {
        var same = SeededGenerator(seed: 80)
        var found = 0
        for _ in 0..<40 {
          let query = vector(&same)
          let exact = try await nearest(things, query, SearchParams(exact: true))
          found += Set(exact).intersection(try await nearest(things, query, params)).count
        }
        return Double(found) / 400
      }
      let few = try await recall(SearchParams(ivf: .probes(1)))
      let many = try await recall(SearchParams(ivf: .probes(100)))
      #expect(few < 0.7 && many > 0.9, "\(few) and \(many)")
      #expect(try await recall(SearchParams(hnswEf: 8)) < recall(SearchParams(hnswEf: 512)))
      #expect(try await recall(SearchParams(ivf: .recall(1))) == 1)
      var change = CollectionConfigChange()
      change.ivf["recall_target"] = .double(0.5)
      try await temporary.database.updateCollection(named: "things", change: change)
      #expect(try await recall(SearchParams()) < 0.9)
    }
  }

  /// What is answered from memory where it came in is what a search thread answers.
  @Test func shortSearchesThroughAnIndexAgreeWithOthers() async throws {
    try await withDatabase { temporary in
      var random = SeededGenerator(seed: 18)
      let things = try await create(temporary)
      try await upsert(0..<4000, in: things, &random)
      try await awaitIndex(things)
      _ = try await things.apply([.delete(.ids((0..<500).map { .number($0) }))])
      let requests = (0..<8).map { number in
        QueryRequest(
          query: .nearest(.dense(vector(&random))), scoreThreshold: number == 3 ? 0.1 : nil,
          limit: 20, offset: number, withVector: number % 2 == 0 ? .all : .none)
      }
      for batch in [Array(requests.prefix(1)), requests] {
        let (short, long) = try await shortAndLong(batch, in: things)
        for (short, long) in zip(short, long) {
          #expect(short.map(\.record.id) == long.map(\.record.id))
          #expect(short.map(\.version) == long.map(\.version))
          #expect(short.map(\.score) == long.map(\.score))
          #expect(short.map(\.record.vectors) == long.map(\.record.vectors))
        }
      }
    }
  }

  /// What a batch finds without payloads and with them, while the index was the same: the long form
  /// is asked before and after the short one, until both are alike. The indexer may train and
  /// calibrate whenever it likes.
  private func shortAndLong(
    _ batch: [QueryRequest], in things: PointCollection
  ) async throws -> (short: [[ScoredPoint]], long: [[ScoredPoint]]) {
    let withPayload = batch.map { request in
      var request = request
      request.withPayload = .all
      return request
    }
    for _ in 0..<20 {
      let before = try await things.query(withPayload)
      let short = try await things.query(batch)
      let after = try await things.query(withPayload)
      if before == after { return (short, after) }
    }
    Issue.record("the index does not come to rest")
    return ([], [])
  }

  @Test func filtersAndBatchesGoThroughTheIndex() async throws {
    try await withDatabase { temporary in
      var random = SeededGenerator(seed: 9)
      let things = try await create(temporary)
      for start in stride(from: UInt64(0), to: 3000, by: 500) {
        let points = (start..<start + 500).map {
          point($0, vector(&random), #"{"parity":\#($0 % 2),"ten":\#($0 % 10)}"#)
        }
        _ = try await things.apply([.upsert(points)])
      }
      try await awaitIndex(things)
      let even = Filter(must: [
        .match(key: try #require(PayloadPath("parity")), .value(.integer(0)))
      ])
      let requests = (0..<10).map { _ in
        QueryRequest(query: .nearest(.dense(vector(&random))), filter: even, limit: 10)
      }
      let together = try await things.query(requests)
      for (request, hits) in zip(requests, together) {
        #expect(hits.count == 10)
        for hit in hits {
          guard case .number(let id) = hit.record.id else { continue }
          #expect(id.isMultiple(of: 2))
        }
        var exact = request
        exact.params.exact = true
        let truth = Set(try await things.query([exact])[0].map(\.record.id))
        #expect(truth.intersection(hits.map(\.record.id)).count >= 7)
      }
    }
  }
}

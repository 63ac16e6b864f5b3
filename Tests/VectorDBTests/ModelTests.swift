import DatabaseFixture
import FastJSON
import PointModel
import SeededRandom
import Testing
import VectorDB

import class Foundation.FileManager
import class Foundation.ProcessInfo

/// Random operations against a dictionary and brute force, with restarts in between.
@Suite struct ModelTests {
  @Test(arguments: [UInt64(1), 2, 3], [Distance.dot, .euclid])
  func behavesLikeADictionary(_ seed: UInt64, _ distance: Distance) async throws {
    try await behaves(seed: seed, distance: distance, DatabaseOptions())
  }

  /// Updates that select more than three points are carried out in several commits.
  @Test func updatesInPartsBehaveLikeADictionary() async throws {
    let limits = Limits(updatePointsMax: 3)
    try await behaves(seed: 4, distance: .dot, DatabaseOptions(limits: limits))
  }

  private func behaves(
    seed: UInt64, distance: Distance, _ options: DatabaseOptions
  ) async throws {
    try await withDatabase(options: options) { temporary in
      var run = ModelRun(seed: seed, distance: distance)
      var things = try await temporary.create(size: ModelRun.size, distance: distance)
      for step in 0..<600 {
        try await run.step(things)
        if step % 150 == 149 {
          try await temporary.restart()
          things = try temporary.database.collection(named: "things")
        }
        if step % 25 == 24 { try await run.check(things, "seed \(seed), step \(step)") }
      }
    }
  }

  /// A long history in requests of many sizes, with restarts, snapshots and recoveries in it.
  /// `scripts/crash model --long` makes it longer.
  @Test func survivesALongHistory() async throws {
    let environment = ProcessInfo.processInfo.environment
    let operations = environment["QUIVER_MODEL_OPERATIONS"].flatMap(Int.init) ?? 20_000
    let seed = environment["QUIVER_MODEL_SEED"].flatMap(UInt64.init) ?? 1
    try await withDatabase { temporary in
      var run = ModelRun(seed: seed, distance: .euclid)
      var things = try await temporary.create(size: ModelRun.size, distance: .euclid)
      var (done, restarts, recoveries) = (0, 0, 0)
      let folder = SnapshotFolder(path: temporary.path + "-snapshots")
      defer { try? FileManager.default.removeItem(atPath: folder.path) }
      var saved: (name: String, run: ModelRun)?
      while done < operations {
        let size = min(run.nextRequestSize(), operations - done)
        _ = try await things.apply((0..<size).map { _ in run.nextOperation() })
        if (done + size) / 200 > done / 200 {
          try await run.check(things, "seed \(seed), after \(done + size) operations")
        }
        if (done + size) / 2_000 > done / 2_000 {
          try await temporary.restart()
          restarts += 1
          things = try temporary.database.collection(named: "things")
          try await run.check(things, "seed \(seed), restart after \(done + size) operations")
        }
        if (done + size) / 1_100 > done / 1_100 {
          if let older = saved { try folder.delete(older.name, of: "things") }
          let made = try await temporary.database.createSnapshot(of: "things", in: folder)
          saved = (made.name, run)
        }
        if (done + size) / 1_700 > done / 1_700, let state = saved {
          try await temporary.database.recoverCollection(
            named: "things", from: "\(folder.path)/things/\(state.name)")
          recoveries += 1
          run.returnTo(state.run)
          things = try temporary.database.collection(named: "things")
          try await run.check(things, "seed \(seed), recovery after \(done + size) operations")
        }
        done += size
      }
      print(
        """
        model: \(done) operations, \(run.checkedPoints) points checked, \(restarts) restarts, \
        \(recoveries) recoveries
        """)
    }
  }

  /// One request of many operations leaves the same state as many requests of one.
  @Test func batchesEqualSingleOperations() async throws {
    try await withDatabase { temporary in
      var run = ModelRun(seed: 11, distance: .dot)
      let things = try await temporary.create(size: ModelRun.size)
      for round in 0..<20 {
        var operations: [Operation] = []
        for _ in 0..<20 { operations.append(run.nextOperation()) }
        _ = try await things.apply(operations)
        try await run.check(things, "round \(round)")
      }
    }
  }
}

private struct ModelRun {
  static let size = 3
  private var generator: SeededGenerator
  private let distance: Distance
  private(set) var checkedPoints = 0
  private var model: [PointID: (vector: [Float], payload: JSONObjectValue)] = [:]

  init(seed: UInt64, distance: Distance) {
    generator = SeededGenerator(seed: seed)
    self.distance = distance
  }

  /// Holds what an earlier state held; chance goes on.
  mutating func returnTo(_ earlier: ModelRun) {
    model = earlier.model
  }

  mutating func step(_ things: PointCollection) async throws {
    _ = try await things.apply([nextOperation()])
  }

  /// How many operations come in one request: mostly few.
  mutating func nextRequestSize() -> Int {
    Bool.random(using: &generator) ? 1 : Int.random(in: 2...40, using: &generator)
  }

  /// Draws an operation that can't fail and applies it to the model.
  mutating func nextOperation() -> Operation {
    switch Int.random(in: 0..<10, using: &generator) {
    case 0..<5:
      let points = (0..<Int.random(in: 1...5, using: &generator)).map { _ in randomPoint() }
      for point in points {
        model[point.id] = (point.vectors[0].values, object(point.payload))
      }
      return .upsert(points)
    case 5:
      let ids = [randomID(), randomID()]
      for id in ids { model[id] = nil }
      return .delete(.ids(ids))
    case 6:
      let tag = Int64.random(in: 0..<4, using: &generator)
      model = model.filter { $0.value.payload["tag"] != .integer(tag) }
      return .delete(.filter(tagged(tag)))
    case 7:
      let tag = Int64.random(in: 0..<4, using: &generator)
      for id in model.keys where model[id]?.payload["tag"] == .integer(tag) {
        model[id]?.payload["seen"] = .bool(true)
      }
      return .setPayload(payload(#"{"seen":true}"#), .filter(tagged(tag)), key: nil)
    case 8:
      guard let id = model.keys.sorted().randomElement(using: &generator) else {
        return .delete(.ids([]))
      }
      let vector = randomVector()
      model[id]?.vector = vector
      return .updateVectors([
        PointVectors(id: id, vectors: [NamedVector(name: "", values: vector)])
      ])
    default:
      guard let id = model.keys.sorted().randomElement(using: &generator) else {
        return .delete(.ids([]))
      }
      model[id]?.payload["tag"] = nil
      return .deletePayload(keys: [PayloadPath(steps: [.key("tag")])], .ids([id]))
    }
  }

  mutating func check(_ things: PointCollection, _ place: String) async throws {
    let page = try await things.scroll(
      ScrollRequest(limit: 10_000, withPayload: .all, withVector: .all))
    #expect(page.records.map(\.id) == model.keys.sorted(), "\(place)")
    checkedPoints += page.records.count
    for record in page.records {
      #expect(record.vectors?.first?.values == model[record.id]?.vector, "\(place)")
      #expect(record.payload.map(object) == model[record.id]?.payload, "\(place)")
    }
    #expect(try await things.count(nil) == model.count, "\(place)")
    #expect(things.info().pointsCount == model.count, "\(place)")
    let tag = Int64.random(in: 0..<4, using: &generator)
    for filter in [nil, tagged(tag)] {
      let query = randomVector()
      let hits = try await things.query([
        QueryRequest(query: .nearest(.dense(query)), filter: filter, limit: 7)
      ])[0]
      let expected = model.filter { filter == nil || $0.value.payload["tag"] == .integer(tag) }
        .map { score(query, $0.value.vector) }
        .sorted(by: distance.higherIsNearer ? (>) : (<)).prefix(7)
      #expect(hits.count == expected.count, "\(place)")
      for (hit, score) in zip(hits, expected) {
        #expect(abs(hit.score - score) < 1e-4, "\(place)")
      }
      #expect(Set(hits.map(\.record.id)).count == hits.count, "\(place)")
      if filter != nil {
        let count = model.values.count { $0.payload["tag"] == .integer(tag) }
        #expect(try await things.count(filter) == count, "\(place)")
      }
    }
  }

  private func score(_ a: [Float], _ b: [Float]) -> Float {
    switch distance {
    case .dot, .cosine: zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    case .euclid: zip(a, b).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    case .manhattan: zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) }
    }
  }

  private func tagged(_ tag: Int64) -> Filter {
    Filter(must: [.match(key: PayloadPath(steps: [.key("tag")]), .value(.integer(tag)))])
  }

  private func object(_ payload: Payload) -> JSONObjectValue {
    (try? payload.parsed()) ?? JSONObjectValue()
  }

  private mutating func randomID() -> PointID {
    let number = UInt64.random(in: 0..<60, using: &generator)
    return number % 3 == 0 ? .uuid(PointUUID(high: number, low: ~number)) : .number(number)
  }

  private mutating func randomVector() -> [Float] {
    (0..<Self.size).map { _ in Float.random(in: -1...1, using: &generator) }
  }

  private mutating func randomPoint() -> Point {
    let tag = Int.random(in: 0..<5, using: &generator)
    let json = tag == 4 ? "{}" : #"{"tag":\#(tag)}"#
    return Point(
      id: randomID(), vectors: [NamedVector(name: "", values: randomVector())],
      payload: payload(json))
  }
}

import DatabaseFixture
import PointModel
import Testing
import VectorDB

/// Updates that select many points are carried out in commits of a bounded size: each whole, none
/// lost, and with those of others in between.
@Suite struct LongUpdateTests {
  private static let count: UInt64 = 1000

  private static var options: DatabaseOptions {
    DatabaseOptions(limits: Limits(updatePointsMax: 16))
  }

  private static let everything = PointSelector.filter(
    Filter(must: [.range(key: path("n"), Bounds(greaterThanOrEqual: 0))]))

  private static func path(_ key: String) -> PayloadPath { PayloadPath(steps: [.key(key)]) }

  private static func filled(_ fixture: TemporaryDatabase) async throws -> PointCollection {
    let things = try await fixture.create()
    _ = try await things.apply([
      .upsert((0..<count).map { point($0, [Float($0), 1, 2, 3], "{\"n\":\($0)}") })
    ])
    return things
  }

  private static func all(_ things: PointCollection) async throws -> [Record] {
    try await things.scroll(ScrollRequest(limit: 10_000, withVector: .all)).records
  }

  @Test(arguments: [true, false])
  func everySelectedPointIsChanged(byFilter: Bool) async throws {
    try await withDatabase(options: Self.options) { fixture in
      let things = try await Self.filled(fixture)
      let before = fixture.database.lastCommit
      let ids = PointSelector.ids((0..<Self.count).map { .number($0) })
      let numbers = try await things.apply([
        .setPayload(payload("{\"mark\":1}"), byFilter ? Self.everything : ids, key: nil)
      ])
      #expect(numbers == [1])
      // Not one commit of all points.
      #expect(fixture.database.lastCommit - before >= Self.count / 256)
      try await fixture.restart()
      let again = try fixture.database.collection(named: "things")
      let records = try await Self.all(again)
      #expect(records.count == Int(Self.count))
      for record in records {
        guard case .number(let id) = record.id else { continue }
        #expect(text(record.payload) == "{\"n\":\(id),\"mark\":1}")
      }
      #expect(fixture.database.lastCommit > before)
      _ = try await again.apply([.delete(Self.everything)])
      #expect(try await again.count(nil) == 0)
    }
  }

  /// What a list of ids makes of a payload is not asked for at once: it is written part by part.
  @Test func longListsOfIDsNeedRoomForOnePart() async throws {
    let room = RoomLimits(memoryBytes: 300 << 20)
    let options = DatabaseOptions(limits: Limits(updateBytesMax: 4 << 20, room: room))
    try await withDatabase(options: options) { fixture in
      let things = try await fixture.create(size: 1)
      let ids = (0..<4000).map { PointID.number($0) }
      _ = try await things.apply([.upsert((0..<4000).map { point($0, [1]) })])
      // 400 MB in all.
      let large = payload("{\"text\":\"\(String(repeating: "a", count: 100_000))\"}")
      let database = fixture.database
      let before = database.lastCommit
      let update = Task { try await things.apply([.overwritePayload(large, .ids(ids))]) }
      // Two parts are enough to see it; what is refused has none.
      let ending = ContinuousClock.now + .seconds(60)
      while database.lastCommit < before + 2, ContinuousClock.now < ending { await Task.yield() }
      update.cancel()
      let outcome = await update.result
      #expect(database.lastCommit >= before + 2, "\(outcome)")
    }
  }

  @Test func aMissingPointRefusesAllOfIt() async throws {
    try await withDatabase(options: Self.options) { fixture in
      let things = try await Self.filled(fixture)
      let ids = (0..<Self.count).map { PointID.number($0) } + [.number(5_000_000)]
      await #expect(throws: CollectionError.pointNotFound(.number(5_000_000))) {
        _ = try await things.apply([.overwritePayload(payload("{}"), .ids(ids))])
      }
      let kept = Filter(must: [.range(key: Self.path("n"), Bounds(greaterThanOrEqual: 0))])
      #expect(try await things.count(kept) == Int(Self.count))
    }
  }

  @Test func operationsOfOneRequestFollowOneAnother() async throws {
    try await withDatabase(options: Self.options) { fixture in
      let things = try await Self.filled(fixture)
      let numbers = try await things.apply([
        .upsert([point(7_000, [0, 0, 0, 1], "{\"n\":7000}")]),
        .setPayload(payload("{\"a\":1}"), Self.everything, key: nil),
        .delete(.ids([.number(0)])),
        .setPayload(
          payload("{\"b\":2}"),
          .filter(Filter(must: [.match(key: Self.path("a"), .value(.integer(1)))])), key: nil),
      ])
      #expect(numbers == [1, 2, 3, 4])
      let records = try await Self.all(things)
      #expect(records.count == Int(Self.count))
      #expect(records.allSatisfy { text($0.payload)?.hasSuffix(",\"a\":1,\"b\":2}") == true })
    }
  }

  /// Several such updates follow one another, and small changes pass them all.
  @Test func smallChangesPassUpdatesThatWait() async throws {
    try await withDatabase(options: Self.options) { fixture in
      let things = try await Self.filled(fixture)
      let database = fixture.database
      var order: [String] = []
      // On a busy machine updates may have ended before anything else is asked for.
      for round in 0..<50 where order.prefix(2).contains("small") == false {
        order = try await Self.answered(things, database, smallID: 9_000 + UInt64(round))
      }
      #expect(order.count == 4 && order.prefix(2).contains("small"), "\(order)")
      let records = try await Self.all(things).filter { $0.id < .number(9_000) }
      for key in ["a", "b", "c"] {
        let count = records.count { text($0.payload)?.contains("\"\(key)\":1") == true }
        #expect(count == Int(Self.count))
      }
    }
  }

  /// Three long updates and, once the first is under way, a small one, in the order in which they
  /// are answered.
  private static func answered(
    _ things: PointCollection, _ database: Database, smallID: UInt64
  ) async throws -> [String] {
    let begun = database.lastCommit
    return try await withThrowingTaskGroup(of: String.self) { group in
      for key in ["a", "b", "c"] {
        group.addTask {
          let change = payload("{\"\(key)\":1}")
          _ = try await things.apply([.setPayload(change, everything, key: nil)])
          return key
        }
      }
      group.addTask {
        while database.lastCommit < begun + 3 { await Task.yield() }
        _ = try await things.apply([.upsert([point(smallID, [1, 2, 3, 4])])])
        return "small"
      }
      var order: [String] = []
      for try await name in group { order.append(name) }
      return order
    }
  }

  /// What others do meanwhile is kept, and is no reason to leave a point out.
  @Test func othersTakeTurns() async throws {
    try await withDatabase(options: Self.options) { fixture in
      let things = try await Self.filled(fixture)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          _ = try await things.apply([
            .setPayload(payload("{\"mark\":1}"), Self.everything, key: nil)
          ])
        }
        group.addTask {
          for id in stride(from: UInt64(0), to: Self.count, by: 5) {
            let vectors = [NamedVector(name: "", values: [9, 9, 9, 9])]
            _ = try await things.apply([
              .updateVectors([PointVectors(id: .number(id), vectors: vectors)])
            ])
          }
        }
        group.addTask {
          for id in stride(from: UInt64(1), to: Self.count, by: 5) {
            _ = try await things.apply([.delete(.ids([.number(id)]))])
          }
        }
        group.addTask {
          for id in stride(from: UInt64(2), to: Self.count, by: 5) {
            _ = try await things.apply([
              .setPayload(payload("{\"other\":\(id)}"), .ids([.number(id)]), key: nil)
            ])
          }
        }
        try await group.waitForAll()
      }
      let records = try await Self.all(things)
      #expect(records.count == Int(Self.count) * 4 / 5)
      for record in records {
        guard case .number(let id) = record.id else { continue }
        let json = text(record.payload) ?? ""
        #expect(json.contains("\"mark\":1") && json.contains("\"n\":\(id)"))
        #expect(id % 5 != 2 || json.contains("\"other\":\(id)"))
        #expect(id % 5 != 0 || record.vectors?.first?.values == [9, 9, 9, 9])
      }
    }
  }

  @Test func whoIsGoneEndsItBetweenCommits() async throws {
    try await withDatabase(options: Self.options) { fixture in
      let things = try await Self.filled(fixture)
      let update = Task {
        try await things.apply([.setPayload(payload("{\"mark\":1}"), Self.everything, key: nil)])
      }
      update.cancel()
      _ = try? await update.value
      // The collection takes writes, and no point is torn.
      _ = try await things.apply([.delete(.ids([.number(3)]))])
      let records = try await Self.all(things)
      #expect(records.count == Int(Self.count) - 1)
      for record in records {
        guard case .number(let id) = record.id else { continue }
        let json = text(record.payload)
        #expect(json == "{\"n\":\(id)}" || json == "{\"n\":\(id),\"mark\":1}")
      }
    }
  }

  @Test func whatWasCutOffIsToldAndCanBeCompleted() async throws {
    // A fast machine may have done it all before it is told to stop.
    for _ in 0..<20 where try await isCutOffAndCanBeCompleted() { return }
    Issue.record("no update was cut off")
  }

  /// Stops a database amid an update; `false` when the update was done before.
  private func isCutOffAndCanBeCompleted() async throws -> Bool {
    try await withDatabase(options: Self.options) { fixture in
      let things = try await Self.filled(fixture)
      let before = fixture.database.lastCommit
      let update = Task {
        try await things.apply([
          .setPayload(payload("{\"mark\":1}"), Self.everything, key: nil),
          .delete(Self.everything),
        ])
      }
      while fixture.database.lastCommit < before + 2 { await Task.yield() }
      try await fixture.restart()
      let again = try fixture.database.collection(named: "things")
      guard let unfinished = again.info().unfinishedUpdate, unfinished.done == 0 else {
        return false
      }
      await #expect(throws: CollectionError.shuttingDown) { try await update.value }
      #expect(unfinished.operation == 1 && unfinished.operations == 2)
      #expect(unfinished.kind == "set_payload" && unfinished.pointsSelected == Int(Self.count))
      let marked = Filter(must: [.match(key: Self.path("mark"), .value(.integer(1)))])
      #expect(try await again.count(marked) == unfinished.pointsDone)
      #expect(unfinished.pointsDone > 0)
      _ = try await again.apply([
        .setPayload(payload("{\"mark\":1}"), Self.everything, key: nil)
      ])
      #expect(again.info().unfinishedUpdate == nil)
      #expect(try await again.count(marked) == Int(Self.count))
      try await fixture.restart()
      #expect(try fixture.database.collection(named: "things").info().unfinishedUpdate == nil)
      return true
    }
  }

  /// A field that is indexed while an update is under way misses none of its rows.
  @Test func indexesThatComeMeanwhileMissNothing() async throws {
    try await withDatabase(options: Self.options) { fixture in
      let things = try await Self.filled(fixture)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          _ = try await things.apply([
            .setPayload(payload("{\"mark\":1}"), Self.everything, key: nil)
          ])
        }
        for name in ["mark", "n", "a", "b"] {
          _ = try await fixture.database.createPayloadIndex(
            of: "things", at: Self.path(name), PayloadFieldSchema(type: .integer))
        }
        try await group.waitForAll()
      }
      try await things.awaitPayloadIndex(at: Self.path("mark"))
      let marked = Filter(must: [.match(key: Self.path("mark"), .value(.integer(1)))])
      #expect(try await things.count(marked) == Int(Self.count))
    }
  }
}

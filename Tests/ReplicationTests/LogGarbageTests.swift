import DatabaseFixture
import Replication
import SharedLog
import Testing
import VectorDB

/// What is kept in the store, and what goes when.
@Suite struct LogGarbageTests {
  private static let hour: UInt64 = 3_600_000
  private static let grace: UInt64 = 600_000

  private static func garbage(_ shipped: ShippedDatabase) -> LogGarbage {
    LogGarbage(shipped.log, settings: LogGarbage.Settings(retentionMilliseconds: 10 * hour))
  }

  /// A database with a snapshot after each of five segments, an hour apart.
  private static func with(_ body: (ShippedDatabase, UInt64) async throws -> Void) async throws {
    try await ShippedDatabase.with { shipped in
      for step in 0..<5 {
        try await shipped.write(500, from: step * 400)
        try await shipped.takeSnapshot()
        shipped.entries.now += hour
      }
      try await body(shipped, shipped.entries.now)
    }
  }

  @Test func whatNoPointInTimeNeedsGoesAfterTheGraceTime() async throws {
    try await Self.with { shipped, end in
      let garbage = Self.garbage(shipped)
      let before = shipped.store.keys
      var report = try await garbage.collect(wall: end, steady: 0)
      #expect(report == LogGarbage.Report(floor: 1))
      // Then two snapshots are older than the retention, and the second is needed.
      let later = end + 13 * Self.hour / 2
      report = try await garbage.collect(wall: later, steady: Self.grace)
      #expect(report == LogGarbage.Report(floor: 3))
      #expect(shipped.store.keys.filter { $0 != "floor" } == before)
      // What the first holds is there yet, and promised to nobody.
      let shelf = SnapshotShelf(shipped.log)
      let (first, second) = (try await shelf.read(1), try await shelf.read(2))
      let refusal = await shipped.refusal(.entry(first?.entry ?? 0))
      let oldest = "the oldest point is entry \(second?.entry ?? 0), of "
      #expect(refusal?.description.contains("as old as that is kept: " + oldest) == true)
      report = try await garbage.collect(wall: later, steady: 2 * Self.grace - 1)
      #expect(report.segmentsRemoved == 0 && report.snapshotsRemoved == 0)
      report = try await garbage.collect(wall: later, steady: 2 * Self.grace)
      #expect(report.segmentsRemoved == 2 && report.snapshotsRemoved == 1)
      report = try await garbage.collect(wall: later, steady: 3 * Self.grace)
      #expect(report.segmentsRemoved == 0 && report.partsRemoved > 0)
      #expect(try await SnapshotShelf(shipped.log).numbers() == [2, 3, 4, 5])
      try await Self.requireRestorable(shipped)
    }
  }

  /// A floor that is raised each time it is looked at keeps nothing from going.
  @Test func aFloorThatRisesKeepsNothing() async throws {
    try await Self.with { shipped, end in
      let garbage = Self.garbage(shipped)
      _ = try await garbage.collect(wall: end, steady: 0)
      var floors: [UInt64] = []
      var removed: [Int] = []
      for step in UInt64(0)..<3 {
        let wall = end + 13 * Self.hour / 2 + step * Self.hour
        let report = try await garbage.collect(wall: wall, steady: (step + 1) * Self.grace)
        floors.append(report.floor)
        removed.append(report.segmentsRemoved)
      }
      #expect(floors == [3, 4, 5])
      #expect(removed == [0, 2, 1])
      #expect(try await SnapshotShelf(shipped.log).numbers() == [3, 4, 5])
      #expect(await shipped.refusal(.latest) == nil)
    }
  }

  /// It may end anywhere: whoever goes on removes the rest, and never what is needed.
  @Test(arguments: ["snap/", "log/", "part/", "floor"])
  func whatIsInterruptedIsFinished(_ key: String) async throws {
    try await Self.with { shipped, end in
      let later = end + 13 * Self.hour / 2
      shipped.store.fail(key, .lost)
      var failures = 0
      // Four runs of a server, each of which ends at the first error.
      for _ in 0..<4 {
        let garbage = Self.garbage(shipped)
        for step in UInt64(0)...4 {
          do {
            _ = try await garbage.collect(wall: later, steady: step * Self.grace)
          } catch {
            failures += 1
            break
          }
        }
        try await Self.requireRestorable(shipped)
      }
      #expect(failures == 1)
      let keys = shipped.store.keys
      #expect(keys.filter { $0.hasPrefix("log/") }.count == 3)
      #expect(keys.filter { $0.hasPrefix("snap/") }.count == 4)
      var named = Set<String>()
      for number in try await SnapshotShelf(shipped.log).numbers() {
        let snapshot = try await SnapshotShelf(shipped.log).read(number)
        named.formUnion((snapshot?.parts ?? []).map(\.key))
      }
      #expect(Set(keys.filter { $0.hasPrefix("part/") }) == named)
    }
  }

  /// Parts of a snapshot that was not finished go, unless it is.
  @Test func whatWasNotFinishedGoes() async throws {
    try await ShippedDatabase.with { shipped in
      try await shipped.write(100)
      shipped.store.fail("snap/", .lost)
      await #expect(throws: BackupError.self) { try await shipped.takeSnapshot() }
      let garbage = Self.garbage(shipped)
      _ = try await garbage.collect(wall: shipped.entries.now, steady: 0)
      try await shipped.takeSnapshot()
      let count = shipped.store.keys.count { $0.hasPrefix("part/") }
      let report = try await garbage.collect(wall: shipped.entries.now, steady: Self.grace)
      #expect(report.partsRemoved < count)
      #expect(await shipped.refusal(.latest) == nil)
    }
  }

  private static func requireRestorable(_ shipped: ShippedDatabase) async throws {
    let contents = try await DatabaseContents(of: shipped.database)
    try await shipped.restored(at: .latest) { copy, _ in
      let found = try await DatabaseContents(of: copy)
      #expect(found == contents)
    }
    let second = try await SnapshotShelf(shipped.log).read(2)
    #expect(await shipped.refusal(.entry(second?.entry ?? 0)) == nil)
  }
}

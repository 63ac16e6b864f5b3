import DatabaseFixture
import ObjectStorage
import PointModel
import Replication
import SharedLog
import Testing
import VectorDB

import class Foundation.FileManager

/// Snapshots and the log in a store, and what is made of them.
@Suite struct RestoreTests {
  @Test(arguments: [UInt64(1), 2, 3, 4])
  func everyPointInTimeIsWhatTheDatabaseWas(_ seed: UInt64) async throws {
    try await ShippedDatabase.with { shipped in
      let folder = SnapshotFolder(path: shipped.source.path + "-snapshots")
      defer { try? FileManager.default.removeItem(atPath: folder.path) }
      var history = DatabaseHistory(seed: seed, folder: folder)
      var states: [(entry: UInt64, time: UInt64, contents: DatabaseContents)] = []
      for step in 0..<240 {
        try await history.step(shipped.database)
        if step % 20 == 19 {
          try await shipped.ship()
          let contents = try await DatabaseContents(of: shipped.database)
          states.append((shipped.database.lastEntry, shipped.entries.now, contents))
        }
        if step % 80 == 57 { try await shipped.takeSnapshot() }
        if step % 90 == 89 { try await shipped.source.restart() }
      }
      for state in [states[0], states[3], states[7], states[11]] {
        for point in [PointInTime.entry(state.entry), .moment(state.time)] {
          try await shipped.restored(at: point) { copy, report in
            #expect(report.entry == state.entry)
            let found = try await DatabaseContents(of: copy)
            #expect(found == state.contents, "\(point)")
          }
        }
      }
      try await shipped.restored(at: .latest) { copy, report in
        #expect(report.entry == shipped.database.lastEntry)
        #expect(report.snapshot != nil)
        let contents = try await DatabaseContents(of: shipped.database)
        let found = try await DatabaseContents(of: copy)
        #expect(found == contents)
      }
    }
  }

  /// Commits that a snapshot holds, and that the log gets later, are not applied twice.
  @Test func aSnapshotMayBeAheadOfTheLog() async throws {
    try await ShippedDatabase.with { shipped in
      try await shipped.write(50)
      let things = try shipped.database.collection(named: "things")
      _ = try await things.apply([.delete(.ids([.number(3)]))])
      let taken = try await shipped.takeSnapshot()
      #expect(taken.snapshot.entry == shipped.database.lastEntry)
      try await shipped.ship()
      _ = try await things.apply([.delete(.ids([.number(4)]))])
      try await shipped.ship()
      try await shipped.restored(at: .latest) { copy, report in
        #expect(report.entries == 1)
        let contents = try await DatabaseContents(of: shipped.database)
        let found = try await DatabaseContents(of: copy)
        #expect(found == contents)
      }
    }
  }

  /// What a snapshot has in common with the one before it is not carried again, whether RocksDB has
  /// merged tables in between or not.
  @Test func whatIsThereIsNotCarriedAgain() async throws {
    try await ShippedDatabase.with { shipped in
      try await shipped.write(4000)
      let first = try await shipped.takeSnapshot()
      #expect(first.newBytes == Self.bytes(first.snapshot.parts))
      #expect(first.newBytes > 100_000)
      try await shipped.write(10, from: 4000)
      let second = try await shipped.takeSnapshot()
      let added = second.snapshot.parts.subtracting(first.snapshot.parts)
      #expect(second.newBytes == Self.bytes(added))
      #expect(second.newBytes < Self.bytes(second.snapshot.parts))
      // One that is taken by a server that was started anew knows them by what they hold.
      try await shipped.source.restart()
      try await shipped.write(10, from: 5000)
      let third = try await SnapshotShipper(shipped.log).take(
        of: shipped.database, after: shipped.head)
      let last = third.snapshot.parts.subtracting(second.snapshot.parts)
      #expect(third.newBytes == Self.bytes(last))
      // Nothing new needs no snapshot.
      let fourth = try await shipped.takeSnapshot()
      #expect(fourth.wasThere && fourth.snapshot == third.snapshot)
      #expect(!FileManager.default.fileExists(atPath: shipped.source.path + "/.checkpoint"))
    }
  }

  @Test func aSnapshotWhoseAnswerIsLostIsThere() async throws {
    try await ShippedDatabase.with { shipped in
      try await shipped.write(10)
      shipped.store.fail("snap/", .replyLost)
      #expect(try await shipped.takeSnapshot().snapshot.segment == 1)
      try await shipped.write(10, from: 10)
      shipped.store.fail("snap/", .lost)
      await #expect(throws: BackupError.self) { try await shipped.takeSnapshot() }
      #expect(try await SnapshotShelf(shipped.log).numbers() == [1])
      #expect(try await shipped.takeSnapshot().snapshot.segment == 2)
      // What is not in the log yet has no snapshot of its own before a segment is appended.
      let things = try shipped.database.collection(named: "things")
      _ = try await things.apply([.delete(.ids([.number(3)]))])
      await #expect(throws: BackupError.numberTaken(2)) { try await shipped.takeSnapshot() }
    }
  }

  @Test func whatIsDamagedIsNotRestored() async throws {
    try await ShippedDatabase.with { shipped in
      try await shipped.write(100)
      let taken = try await shipped.takeSnapshot().snapshot
      try await shipped.write(100, from: 100)
      try await shipped.write(100, from: 200)
      let part = try #require(taken.files.first { $0.name.hasSuffix(".sst") }?.parts.first)
      for key in [part.key, LogKey.snapshot(1), LogKey.segment(2)] {
        let whole = try #require(try await shipped.store.get(key)).bytes
        var damaged = whole
        damaged[whole.count / 2] ^= 4
        try await shipped.store.put(key, damaged)
        guard case .damaged(let what)? = await shipped.refusal(.latest) else {
          Issue.record("\(key) was not found to be damaged")
          continue
        }
        #expect(what.contains(key) || what.contains("snapshot 1") || what.contains("segment 2"))
        try await shipped.store.delete(key)
        if key == LogKey.snapshot(1) { continue }
        guard case .damaged? = await shipped.refusal(.latest) else {
          Issue.record("\(key) was not missed")
          continue
        }
        try await shipped.store.put(key, whole)
      }
    }
  }

  @Test func whatIsNotThereIsSaid() async throws {
    try await ShippedDatabase.with { shipped in
      #expect(
        await shipped.refusal(.entry(7))
          == .missing("the log ends with entry 0, before entry 7"))
      try await shipped.write(100)
      // Entries 3 and 4 are committed and not shipped.
      let things = try shipped.database.collection(named: "things")
      for number in [UInt64(1), 2] {
        _ = try await things.apply([.delete(.ids([.number(number)]))])
      }
      _ = shipped.entries.takeAll()
      try await shipped.write(100, from: 100)
      guard case .missing(let what)? = await shipped.refusal(.latest) else {
        Issue.record("the gap was not seen")
        return
      }
      #expect(what.hasPrefix("the log lacks the entries 3 to 4: "))
      #expect(await shipped.refusal(.entry(2)) == nil)
      try await shipped.takeSnapshot()
      #expect(await shipped.refusal(.latest) == nil)
      guard case .missing(let what)? = await shipped.refusal(.entry(4)) else {
        Issue.record("the gap was not seen")
        return
      }
      #expect(what.contains("and what follows entry 5, of 1970-01-01T"))
      let path = ShippedDatabase.newPath()
      defer { try? FileManager.default.removeItem(atPath: path) }
      try await shipped.restore(.latest, to: path)
      await #expect(throws: BackupError.self) { try await shipped.restore(.latest, to: path) }
    }
  }

  private static func bytes(_ parts: Set<StoredPart>) -> Int { parts.reduce(0) { $0 + $1.bytes } }
}

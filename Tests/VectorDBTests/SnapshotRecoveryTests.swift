import DatabaseFixture
import Foundation
import PointModel
import SeededRandom
import Storage
import Testing
import VectorDB

/// What is left when a recovery does not come to its end.
@Suite struct SnapshotRecoveryTests {
  private static let families = ["points", "vectors", "ids"].map {
    ColumnFamily(name: $0, profile: .small)
  }

  /// The collection numbers that have keys in a closed data directory.
  private func numbers(in path: String) throws -> Set<UInt32> {
    let store = try KeyValueStore(path: path, columnFamilies: Self.families)
    defer { store.close() }
    var numbers: Set<UInt32> = []
    for family in Self.families {
      var iterator = try store.scan(in: family, from: [], upTo: [])
      while try iterator.next() {
        if let number = iterator.key.readBigEndian(UInt32.self, at: 0) { numbers.insert(number) }
      }
    }
    return numbers
  }

  /// Some megabytes, so that there are several batches.
  private func fill(_ collection: PointCollection) async throws {
    var generator = SeededGenerator(seed: 7)
    for start in stride(from: UInt64(0), to: 2000, by: 500) {
      let points = (start..<start + 500).map { id in
        point(
          id, (0..<512).map { _ in Float.random(in: -1...1, using: &generator) },
          #"{"of":"\#(collection.name)"}"#)
      }
      _ = try await collection.apply([.upsert(points)])
    }
  }

  @Test(arguments: [false, true])
  func theOldStateStays(killed: Bool) async throws {
    let temporary = try TemporaryDatabase()
    let folder = SnapshotFolder(path: temporary.path + "-snapshots")
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    let big = try await temporary.create("big", size: 512)
    try await fill(big)
    let made = try await temporary.database.createSnapshot(of: "big", in: folder)
    let path = "\(folder.path)/big/\(made.name)"
    _ = try await big.apply([.delete(.ids([.number(3)]))])
    let fault: RecoveryFault = killed ? .ending(afterBatches: 2) : .failing(afterBatches: 2)
    for name in ["big", "new"] {
      await #expect(throws: CollectionError.self) {
        try await temporary.database.recoverCollection(
          named: name, from: path, checksum: nil, fault: fault)
      }
    }
    #expect(temporary.database.collections.map(\.name) == ["big"])
    #expect(try await big.count(nil) == 1999)
    await temporary.database.close()
    #expect(try numbers(in: temporary.path) == (killed ? [1, 2, 3] : [1]))
    try await temporary.restart()
    #expect(temporary.database.collections.map(\.name) == ["big"])
    #expect(try await temporary.database.collection(named: "big").count(nil) == 1999)
    // The numbers that were begun with are not used again.
    try await temporary.database.recoverCollection(named: "big", from: path)
    #expect(try await temporary.database.collection(named: "big").count(nil) == 2000)
    try await temporary.restart()
    await temporary.database.close()
    #expect(try numbers(in: temporary.path) == [4])
    await temporary.remove()
  }

  @Test func noOtherCollectionIsInASnapshot() async throws {
    try await withDatabase { temporary in
      let folder = SnapshotFolder(path: temporary.path + "-snapshots")
      defer { try? FileManager.default.removeItem(atPath: folder.path) }
      for name in ["first", "second", "third"] {
        let collection = try await temporary.create(name, size: 2)
        _ = try await collection.apply([
          .upsert((0..<50).map { point($0, [1, 2], #"{"secret":"of-\#(name)"}"#) })
        ])
      }
      let made = try await temporary.database.createSnapshot(of: "second", in: folder)
      let bytes = try Data(contentsOf: URL(filePath: "\(folder.path)/second/\(made.name)"))
      #expect(bytes.range(of: Data("of-second".utf8)) != nil)
      #expect(bytes.range(of: Data("of-first".utf8)) == nil)
      #expect(bytes.range(of: Data("of-third".utf8)) == nil)
    }
  }

  @Test func aWholeServerIsRestoredIntoAnEmptyDirectoryOnly() async throws {
    try await withDatabase { temporary in
      let folder = SnapshotFolder(path: temporary.path + "-snapshots")
      defer { try? FileManager.default.removeItem(atPath: folder.path) }
      for name in ["a", "b"] {
        let collection = try await temporary.create(name, size: 2)
        _ = try await collection.apply([.upsert((0..<50).map { point($0, [1, 2]) })])
      }
      let made = try await temporary.database.createFullSnapshot(in: folder)
      #expect(try folder.list(of: nil) == [made])
      let path = "\(folder.path)/\(made.name)"
      #expect(throws: CollectionError.self) {
        try Database.restore(snapshot: path, into: temporary.path)
      }
      await #expect(throws: CollectionError.self) {
        try await temporary.database.recoverCollection(named: "a", from: path)
      }
      let target = temporary.path + "-restored"
      defer { try? FileManager.default.removeItem(atPath: target) }
      // What an earlier attempt left does not count.
      try FileManager.default.createDirectory(
        atPath: target + "/.restoring", withIntermediateDirectories: true)
      try Data("x".utf8).write(to: URL(filePath: target + "/.restoring/000001.sst"))
      try Database.restore(snapshot: path, into: target)
      let restored = try Database.open(at: target, logger: TemporaryDatabase.logger)
      #expect(restored.collections.map(\.name) == ["a", "b"])
      #expect(try await restored.collection(named: "b").count(nil) == 50)
      await restored.close()
      #expect(!FileManager.default.fileExists(atPath: target + "/.restoring"))
    }
  }
}

import DatabaseFixture
import Foundation
import PointModel
import Storage
import Testing
import VectorDB

/// Damage to one collection's records stays with that collection.
@Suite struct QuarantineTests {
  private static let dimension = 64

  private func fill(
    _ temporary: TemporaryDatabase, _ name: String, _ value: Float
  ) async throws {
    let collection = try await temporary.create(name, size: Self.dimension)
    _ = try await collection.apply([
      .upsert(
        (0..<500).map {
          point($0, [Float](repeating: value, count: Self.dimension), #"{"of":"\#(name)"}"#)
        })
    ])
  }

  /// Two collections, each in tables of its own.
  private func prepare(_ temporary: TemporaryDatabase) async throws {
    try await fill(temporary, "bad", 12.5)
    try await temporary.restart()
    try await fill(temporary, "good", 1)
  }

  /// Flips a bit in a table among the vectors of the collection filled with `value`.
  private func damage(_ path: String, _ value: Float) throws {
    let pattern = withUnsafeBytes(of: value) { Data(Data($0) + Data($0) + Data($0)) }
    for name in try FileManager.default.contentsOfDirectory(atPath: path)
    where name.hasSuffix(".sst") {
      let file = URL(filePath: path).appending(path: name)
      var bytes = try Data(contentsOf: file)
      guard let range = bytes.range(of: pattern) else { continue }
      bytes[range.lowerBound + 1] ^= 4
      try bytes.write(to: file)
      return
    }
    Issue.record("no table holds the vectors")
  }

  private func expectQuarantine(
    _ body: () async throws(CollectionError) -> Void
  ) async throws {
    do throws(CollectionError) {
      try await body()
      Issue.record("nothing is refused")
    } catch {
      guard case .quarantined("bad", let reason) = error else { throw error }
      #expect(!reason.isEmpty)
    }
  }

  private func withDamage(
    _ body: (TemporaryDatabase, PointCollection) async throws -> Void
  ) async throws {
    try await withDatabase { temporary in
      try await prepare(temporary)
      try await temporary.restart { try damage(temporary.path, 12.5) }
      try await body(temporary, temporary.database.collection(named: "bad"))
    }
  }

  @Test func damagedTablesQuarantineTheirCollectionOnly() async throws {
    try await withDamage { temporary, bad in
      #expect(bad.info().damage?.contains("checksum") == true, "\(bad.info().damage ?? "none")")
      try await expectQuarantine { () throws(CollectionError) in
        _ = try await bad.query([
          QueryRequest(query: .nearest(.dense([Float](repeating: 1, count: Self.dimension))))
        ])
      }
      try await expectQuarantine { () throws(CollectionError) in
        _ = try await bad.retrieve([.number(1)])
      }
      try await expectQuarantine { () throws(CollectionError) in
        _ = try await bad.scroll(ScrollRequest(limit: 1))
      }
      try await expectQuarantine { () throws(CollectionError) in _ = try await bad.count(nil) }
      try await expectQuarantine { () throws(CollectionError) in
        _ = try await bad.apply([.delete(.ids([.number(1)]))])
      }
      #expect(temporary.database.loadProgress.isComplete)
      try await goesOn(temporary, "good")
      // It stays so.
      try await temporary.restart()
      let again = try temporary.database.collection(named: "bad")
      #expect(again.info().damage != nil)
    }
  }

  @Test func aQuarantinedCollectionCanBeDeleted() async throws {
    try await withDamage { temporary, _ in
      #expect(try await temporary.database.deleteCollection(named: "bad"))
      try await fill(temporary, "bad", 3)
      try await goesOn(temporary, "bad")
      try await temporary.restart()
      #expect(try temporary.database.collection(named: "bad").info().damage == nil)
      try await goesOn(temporary, "bad")
      try await goesOn(temporary, "good")
    }
  }

  @Test func aQuarantinedCollectionCanBeRecovered() async throws {
    try await withDatabase { temporary in
      try await prepare(temporary)
      let folder = SnapshotFolder(path: temporary.path + "-snapshots")
      defer { try? FileManager.default.removeItem(atPath: folder.path) }
      let made = try await temporary.database.createSnapshot(of: "bad", in: folder)
      try await temporary.restart { try damage(temporary.path, 12.5) }
      #expect(try temporary.database.collection(named: "bad").info().damage != nil)
      try await temporary.database.recoverCollection(
        named: "bad", from: "\(folder.path)/bad/\(made.name)")
      for _ in 0..<2 {
        #expect(try temporary.database.collection(named: "bad").info().damage == nil)
        try await goesOn(temporary, "bad")
        try await goesOn(temporary, "good")
        try await temporary.restart()
      }
    }
  }

  @Test func missingCountersQuarantineToo() async throws {
    try await withDatabase { temporary in
      try await prepare(temporary)
      try await temporary.restart {
        let meta = ColumnFamily(name: "meta", profile: .small)
        let store = try KeyValueStore(path: temporary.path, columnFamilies: [meta])
        var batch = WriteBatch()
        batch.delete(key: Array("counters/".utf8) + [0, 0, 0, 1], in: meta)
        try store.write(batch, sync: true)
        store.close()
      }
      let bad = try temporary.database.collection(named: "bad")
      try await expectQuarantine { () throws(CollectionError) in _ = try await bad.count(nil) }
      try await goesOn(temporary, "good")
      #expect(try await temporary.database.deleteCollection(named: "bad"))
    }
  }

  /// What only a read finds is told by the collection, which goes on with the rest.
  @Test func damageFoundByReadsIsTold() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 2)
      let text = String(repeating: "unmistakable", count: 40)
      for start in stride(from: UInt64(0), to: 4000, by: 500) {
        _ = try await things.apply([
          .upsert(
            (start..<start + 500).map { id in
              point(id, [1, Float(id)], #"{"text":"\#(text)\#(id)"}"#)
            })
        ])
      }
      try await temporary.restart {
        let tables = try FileManager.default.contentsOfDirectory(atPath: temporary.path)
          .filter { $0.hasSuffix(".sst") }.map { URL(filePath: temporary.path).appending(path: $0) }
        let table = try #require(
          try tables.first { try Data(contentsOf: $0).range(of: Data("unmistakable".utf8)) != nil })
        var bytes = try Data(contentsOf: table)
        let place = try #require(bytes.range(of: Data("unmistakable".utf8))).lowerBound
        bytes[place] ^= 1
        try bytes.write(to: table)
      }
      let damaged = try temporary.database.collection(named: "things")
      #expect(damaged.info().damage == nil)
      do throws(CollectionError) {
        _ = try await damaged.retrieve((0..<4000).map { .number($0) })
        Issue.record("nothing is refused")
      } catch {
        guard case .damaged = error else { throw error }
      }
      #expect(damaged.info().damage != nil)
      #expect(try await damaged.retrieve([.number(3999)]).count == 1)
      _ = try await damaged.apply([.upsert([point(9000, [1, 2])])])
      #expect(try await damaged.count(nil) == 4001)
    }
  }

  /// A database that is open before its collections are.
  @Test func requestsWaitForLoading() async throws {
    var options = DatabaseOptions()
    options.loadsInBackground = true
    try await withDatabase(options: options) { temporary in
      try await prepare(temporary)
      for _ in 0..<5 {
        try await temporary.restart()
        try await goesOn(temporary, "good")
        let good = try temporary.database.collection(named: "good")
        #expect(good.phase == .ready)
        #expect(try await good.count(nil) >= 500)
      }
    }
  }

  private func goesOn(_ temporary: TemporaryDatabase, _ name: String) async throws {
    let collection = try temporary.database.collection(named: name)
    _ = try await collection.apply([
      .upsert([point(9999, [Float](repeating: 2, count: Self.dimension))])
    ])
    let found = try await collection.retrieve([.number(9999), .number(400)], withVector: .all)
    #expect(found.count == 2)
    let hits = try await collection.query([
      QueryRequest(
        query: .nearest(.dense([Float](repeating: 1, count: Self.dimension))), limit: 600)
    ])[0]
    #expect(hits.count == 501)
  }
}

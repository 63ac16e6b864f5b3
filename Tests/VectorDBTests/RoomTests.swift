import DatabaseFixture
import Foundation
import PointModel
import Testing
import VectorDB

@Suite struct RoomTests {
  private func options(_ room: RoomLimits) -> DatabaseOptions {
    DatabaseOptions(limits: Limits(room: room))
  }

  private func filled(
    _ ids: Range<Int>, dimension: Int, payload json: String = "{}"
  ) -> PointModel.Operation {
    .upsert(ids.map { point(UInt64($0), [Float](repeating: Float($0), count: dimension), json) })
  }

  /// Whether the write is refused for want of room, with the setting that says so.
  private func isRefused(
    _ operation: PointModel.Operation, by collection: PointCollection, setting: String
  ) async throws -> Bool {
    do throws(CollectionError) {
      _ = try await collection.apply([operation])
      return false
    } catch {
      guard case .outOfSpace(let reason) = error else { throw error }
      #expect(reason.contains(setting), "\(reason)")
      return true
    }
  }

  @Test func writesBeyondTheMemoryLimitAreRefusedAndDeletesGoOn() async throws {
    let limit = RoomLimits(memoryBytes: 96 << 20)
    try await withDatabase(options: options(limit)) { temporary in
      let things = try await temporary.create(size: 1024)
      var next = 0
      let refused = { (operation: PointModel.Operation) in
        try await isRefused(operation, by: things, setting: "storage.limits.memory_mb")
      }
      while try await !refused(filled(next..<next + 256, dimension: 1024)), next < 32_768 {
        next += 256
      }
      #expect(next > 1000 && next < 16_384)
      #expect(temporary.database.memory().total <= limit.memoryBytes)
      // What would grow is refused, one point or many.
      let large = PointVectors(
        id: .number(0), vectors: [NamedVector(name: "", values: [Float](repeating: 0, count: 1024))]
      )
      #expect(try await refused(.updateVectors([PointVectors](repeating: large, count: 4096))))
      // Reads and deletes go on.
      #expect(try await things.count(nil) == next)
      #expect(try await things.retrieve([.number(5)]).count == 1)
      let hits = try await things.query([
        QueryRequest(query: .nearest(.dense([Float](repeating: 1, count: 1024))), limit: 1)
      ])[0]
      #expect(hits.count == 1)
      _ = try await things.apply([.deletePayload(keys: [], .ids([.number(5)]))])
      _ = try await things.apply([.clearPayload(.ids([.number(5)]))])
      _ = try await things.apply([.delete(.ids((0..<next).map { .number(UInt64($0)) }))])
      #expect(try await things.count(nil) == 0)
      #expect(try await temporary.database.deleteCollection(named: "things"))
    }
  }

  @Test func roomThatWasGivenBackIsUsedAgain() async throws {
    try await withDatabase(options: options(RoomLimits(memoryBytes: 96 << 20))) { temporary in
      let things = try await temporary.create(size: 1024)
      let setting = "storage.limits.memory_mb"
      var next = 0
      while try await !isRefused(
        filled(next..<next + 256, dimension: 1024), by: things, setting: setting), next < 32_768
      {
        next += 256
      }
      #expect(try await temporary.database.deleteCollection(named: "things"))
      let again = try await temporary.create("again", size: 1024)
      let isAccepted = try await eventually {
        try await !isRefused(filled(0..<256, dimension: 1024), by: again, setting: setting)
      }
      #expect(isAccepted)
    }
  }

  @Test func writesBeyondTheDiskLimitAreRefusedAndDeletesGoOn() async throws {
    try await withDatabase(options: options(RoomLimits(diskBytes: 8 << 20))) { temporary in
      let things = try await temporary.create(size: 1)
      let text = String(repeating: "x", count: 10_000)
      let refused = { (operation: PointModel.Operation) in
        try await isRefused(operation, by: things, setting: "storage.limits.disk_mb")
      }
      var next = 0
      while next < 100_000,
        try await !refused(filled(next..<next + 50, dimension: 1, payload: #"{"t":"\#(text)"}"#))
      {
        next += 50
      }
      #expect(next > 100 && next < 1000)
      let big = payload(#"{"t":"\#(text)"}"#)
      let ids = (0..<next).map { PointID.number(UInt64($0)) }
      #expect(try await refused(.setPayload(big, .ids(ids), key: nil)))
      #expect(try await refused(.overwritePayload(big, .ids(ids))))
      #expect(try await things.scroll(ScrollRequest(limit: 3)).records.count == 3)
      _ = try await things.apply([.deletePayload(keys: [], .ids(ids))])
      _ = try await things.apply([.delete(.ids(ids))])
      #expect(try await things.count(nil) == 0)
    }
  }

  @Test func freeSpaceIsKeptInReserve() async throws {
    try await withDatabase(options: options(RoomLimits(diskReserveBytes: .max / 2))) { temporary in
      let things = try await temporary.create(size: 1)
      #expect(
        try await isRefused(
          filled(0..<1, dimension: 1), by: things, setting: "storage.limits.disk_reserve_mb"))
      _ = try await things.apply([.delete(.ids([.number(1)]))])
      #expect(try await things.count(nil) == 0)
    }
  }

  @Test func aLongRequestIsRefusedBeforeItIsWritten() async throws {
    try await withDatabase(options: options(RoomLimits(memoryBytes: 96 << 20))) { temporary in
      let things = try await temporary.create(size: 8192)
      let setting = "storage.limits.memory_mb"
      #expect(try await isRefused(filled(0..<2000, dimension: 8192), by: things, setting: setting))
      #expect(try await things.count(nil) == 0)
      #expect(
        try await !isRefused(filled(0..<10, dimension: 8192), by: things, setting: setting))
    }
  }

  @Test func theFormulaFollowsRows() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 256)
      let before = things.memory()
      #expect(before.vectors == 0 && before.visibility == 0 && before.presence == 0)
      _ = try await things.apply([filled(0..<5000, dimension: 256)])
      let full = things.memory()
      #expect(full.vectors == 5000 * 256 * 4)
      #expect(full.visibility == 2 * 4096 * 16)
      #expect(full.identities == 2 * 4096 * 24)
      #expect(full.presence >= 5000 / 8)
      // Every chunk but the last, which new rows go to, is dead in full and freed.
      _ = try await things.apply([.delete(.ids((0..<5000).map { .number(UInt64($0)) }))])
      let empty = things.memory()
      #expect(empty.vectors < 1 << 20)
      #expect(empty.visibility == 4096 * 16)
      #expect(empty.identities == 4096 * 24)
      #expect(temporary.database.memory().collections == empty)
    }
  }

  @Test func emptyCollectionsCostNoFiles() async throws {
    try await withDatabase { temporary in
      func files() throws -> Int {
        try FileManager.default.subpathsOfDirectory(atPath: temporary.path).count
      }
      let first = try await temporary.create("first", size: 384)
      let before = try files()
      for number in 0..<500 { _ = try await temporary.create("c\(number)", size: 384) }
      // The store may start a file of its own meanwhile.
      #expect(try files() <= before + 4)
      let memory = first.memory()
      #expect(memory.vectors + memory.presence + memory.visibility == 0)
      for number in 0..<500 {
        #expect(try await temporary.database.deleteCollection(named: "c\(number)"))
      }
      #expect(temporary.database.collections.map(\.name) == ["first"])
    }
  }
}

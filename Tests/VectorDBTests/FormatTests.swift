import DatabaseFixture
import Foundation
import PointModel
import Storage
import Testing
import VectorDB

/// Databases of released formats, kept as they were written.
@Suite struct FormatTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")

  /// A copy of a fixture, in a folder that the caller removes.
  private func copy(_ name: String) throws -> String {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "quiver-format-\(UUID().uuidString)").path
    try FileManager.default.copyItem(
      atPath: Self.fixtures.appending(path: name).path, toPath: path)
    return path
  }

  /// Format 1: tables, a log that was not flushed, a saved index; overwrites, deletions, a deleted
  /// collection, two vectors of which points may lack one.
  @Test func format1Opens() async throws {
    let path = try copy("format-1")
    defer { try? FileManager.default.removeItem(atPath: path) }
    // Opened twice: what the first opening writes must open too.
    for _ in 0..<2 {
      let database = try Database.open(at: path, logger: TemporaryDatabase.logger)
      #expect(database.collections.map(\.name) == ["named", "plain"])
      try await checkPlain(try database.collection(named: "plain"))
      try await checkNamed(try database.collection(named: "named"))
      await database.close()
    }
  }

  private func checkPlain(_ plain: PointCollection) async throws {
    let records = try await plain.scroll(
      ScrollRequest(limit: 1000, withPayload: .all, withVector: .all)
    ).records
    #expect(records.map(\.id) == (0..<90).map { PointID.number($0) })
    for (number, record) in records.enumerated() {
      let version = (50..<60).contains(number) ? 2 : 1
      #expect(
        record.vectors?.first?.values == [Float(number), Float(number) / 8, Float(version), 1])
      #expect(text(record.payload) == #"{"version":\#(version),"tag":"tëg \#(number % 7)"}"#)
    }
    let hits = try await plain.query([
      QueryRequest(query: .nearest(.dense([55, 55 / 8, 2, 1])), limit: 1)
    ])[0]
    #expect(hits.first?.record.id == .number(55) && hits.first?.score == 0)
    #expect(plain.config.indexingThreshold == 1)
  }

  private func checkNamed(_ named: PointCollection) async throws {
    let records = try await named.scroll(
      ScrollRequest(limit: 1000, withPayload: .all, withVector: .all)
    ).records
    #expect(records.map(\.id) == (0..<20).map { .uuid(PointUUID(high: $0, low: 7)) })
    for (number, record) in records.enumerated() {
      let vectors = Dictionary(
        uniqueKeysWithValues: (record.vectors ?? []).map { ($0.name, $0.values) })
      #expect(vectors["a"] == (number % 3 == 0 ? nil : [Float(number), 1, 2]))
      #expect(vectors["b"] == [Float(number), 3])
      let late = number == 2 ? #","late":true"# : ""
      #expect(text(record.payload) == #"{"n":\#(number)\#(late)}"#)
    }
  }

  /// Everything in a folder, by its path.
  private func files(in path: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
      files[name] = FileManager.default.contents(atPath: path + "/" + name)
    }
    return files
  }

  @Test func aNewerFormatIsRefusedUntouched() throws {
    let path = try copy("format-1")
    defer { try? FileManager.default.removeItem(atPath: path) }
    // 0xea3b526e is the CRC-32C of "999".
    let mark = Data("999 ea3b526e\n".utf8)
    try mark.write(to: URL(filePath: path + "/FORMAT"))
    let before = try files(in: path)
    #expect(before.count > 5)
    #expect(throws: DatabaseError.newerFormat(found: 999, supported: 1)) {
      _ = try Database.open(at: path, logger: TemporaryDatabase.logger)
    }
    #expect(try files(in: path) == before)
  }

  /// The number among the data decides where the mark can't be read, and the mark is written again.
  @Test(arguments: [nil, "", "999", "999 0\n", "999 ea3b526e", "one\n"])
  func aDamagedMarkIsWrittenAgain(_ text: String?) async throws {
    let path = try copy("format-1")
    defer { try? FileManager.default.removeItem(atPath: path) }
    if let text { try Data(text.utf8).write(to: URL(filePath: path + "/FORMAT")) }
    let database = try Database.open(at: path, logger: TemporaryDatabase.logger)
    #expect(database.collections.map(\.name) == ["named", "plain"])
    await database.close()
    // 0x90f599e3 is the CRC-32C of "1".
    #expect(try files(in: path)["FORMAT"] == Data("1 90f599e3\n".utf8))
  }

  @Test func aNewerNumberAmongTheDataIsRefused() throws {
    let path = try copy("format-1")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let meta = ColumnFamily(name: "meta", profile: .small)
    var number: [UInt8] = []
    number.appendBigEndian(UInt32(999))
    do {
      let store = try KeyValueStore(path: path, columnFamilies: [meta])
      var batch = WriteBatch()
      batch.put(key: Array("format".utf8), value: number, in: meta)
      try store.write(batch, sync: true)
      store.close()
    }
    #expect(throws: DatabaseError.newerFormat(found: 999, supported: 1)) {
      _ = try Database.open(at: path, logger: TemporaryDatabase.logger)
    }
    let store = try KeyValueStore(path: path, columnFamilies: [meta])
    #expect(try store.get(Array("format".utf8), in: meta) == number)
    store.close()
  }
}

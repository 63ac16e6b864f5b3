import DatabaseFixture
import FastJSON
import Foundation
import PointModel
import Testing
import VectorDB

/// Snapshots of released formats, kept as `Fixtures/write_snapshots.py` had them made.
@Suite struct FormatSnapshotTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures/snapshots-1")

  private func path(_ name: String) -> String { Self.fixtures.appending(path: name).path }

  private func check(_ things: PointCollection) async throws {
    #expect(things.config.metadata?["kept"] == .bool(true))
    #expect(things.payloadSchema.count == 1)
    let records = try await things.scroll(
      ScrollRequest(limit: 100, withPayload: .all, withVector: .all)
    ).records
    #expect(records.map(\.id) == (0..<20).map { .number($0) })
    for (number, record) in records.enumerated() {
      let vectors = Dictionary(
        uniqueKeysWithValues: (record.vectors ?? []).map { ($0.name, $0.value) })
      let sparse = SparseVector(indices: [1, UInt32(number + 2)], values: [1, Float(number)])
      let size = Float(number)
      let rows = MultiVector(dimension: 2, values: [size, 1, 1, size])
      #expect(vectors["dense"] == .dense([size, 1]))
      #expect(vectors["sparse"] == (number % 4 == 0 ? nil : sparse.map { .sparse($0) }))
      #expect(vectors["multi"] == rows.map { .multi($0) })
      let nested = #""nested":[{"k":null},{"k":[1.5]}]"#
      #expect(
        text(record.payload) == #"{"n":\#(number),"text":"tëg \#(number % 3)",\#(nested)}"#)
    }
  }

  @Test func aCollectionIsRecovered() async throws {
    try await withDatabase { temporary in
      try await temporary.database.recoverCollection(named: "copy", from: path("things.snapshot"))
      try await check(try temporary.database.collection(named: "copy"))
      #expect(!Database.isNewer(snapshot: path("things.snapshot")))
    }
  }

  @Test func aServerIsRestored() async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "quiver-format-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Database.restore(snapshot: path("server.snapshot"), into: folder)
    let database = try Database.open(at: folder, logger: TemporaryDatabase.logger)
    try await check(try database.collection(named: "things"))
    await database.close()
    #expect(!Database.isNewer(snapshot: path("server.snapshot")))
  }

  /// Of another form, or of data that has one.
  @Test func aNewerOneIsKnown() throws {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "quiver-format-\(UUID().uuidString).snapshot")
    defer { try? FileManager.default.removeItem(at: file) }
    var bytes = try Data(contentsOf: URL(filePath: path("server.snapshot")))
    #expect(Array(bytes[..<12]) == Array("QUIVSNAP\0\0\0\u{1}".utf8))
    bytes[11] = 2
    try bytes.write(to: file)
    #expect(Database.isNewer(snapshot: file.path))
    bytes[0] = UInt8(ascii: "q")
    try bytes.write(to: file)
    #expect(!Database.isNewer(snapshot: file.path))
    #expect(!Database.isNewer(snapshot: file.path + ".missing"))
  }
}

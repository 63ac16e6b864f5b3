import DatabaseFixture
import FastJSON
import Foundation
import PointModel
import Testing
import VectorDB

@Suite struct SnapshotTests {
  @Test func aCollectionComesBackAsItWas() async throws {
    try await withDatabase { temporary in
      let folder = SnapshotFolder(path: temporary.path + "-snapshots")
      defer { try? FileManager.default.removeItem(atPath: folder.path) }
      let mixed = try await makeMixed(temporary, "mixed")
      let before = try await everything(mixed)
      let made = try await temporary.database.createSnapshot(of: "mixed", in: folder)
      #expect(try folder.list(of: "mixed") == [made])
      #expect(made.name.wholeMatch(of: /mixed-\d{16}(-\d\d\d\d(-\d\d){5})\.snapshot/) != nil)
      #expect(made.creationTime.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/) != nil)
      let path = "\(folder.path)/mixed/\(made.name)"
      let note = try String(contentsOfFile: path + ".checksum", encoding: .utf8)
      #expect(made.checksum == note && note.count == 64)

      _ = try await mixed.apply([.delete(.ids([.number(1), .number(2)]))])
      for name in ["mixed", "copy"] {
        try await temporary.database.recoverCollection(
          named: name, from: path, checksum: made.checksum)
        #expect(try await everything(temporary.database.collection(named: name)) == before)
      }
      try await temporary.restart()
      for name in ["mixed", "copy"] {
        let recovered = try temporary.database.collection(named: name)
        #expect(try await everything(recovered) == before)
        #expect(recovered.config == mixed.config)
        // Numbers of operations go on where the snapshot was made.
        let numbers = try await recovered.apply([.delete(.ids([.number(1)]))])
        #expect(numbers == [3])
        let hits = try await recovered.query([
          QueryRequest(query: .nearest(.dense([1, 0])), using: "small")
        ])[0]
        #expect(hits.map(\.record.id) == [.number(2)])
      }
    }
  }

  @Test func writesGoOnAndAreNotInTheSnapshot() async throws {
    try await withDatabase { temporary in
      let folder = SnapshotFolder(path: temporary.path + "-snapshots")
      defer { try? FileManager.default.removeItem(atPath: folder.path) }
      let live = try await temporary.create("live", size: 64)
      // Every commit changes all points together, so that a mixture would show.
      func write(_ round: Int) async throws {
        let vector = [Float](repeating: Float(round), count: 64)
        let points = (0..<500).map { point($0, vector, #"{"round":\#(round)}"#) }
        _ = try await live.apply([.upsert(points)])
      }
      try await write(0)
      let writer = Task { for round in 1...20 { try await write(round) } }
      var made: [SnapshotDescription] = []
      for _ in 0..<4 {
        made.append(try await temporary.database.createSnapshot(of: "live", in: folder))
      }
      try await writer.value
      for snapshot in made {
        try await temporary.database.recoverCollection(
          named: "copy", from: "\(folder.path)/live/\(snapshot.name)")
        let records = try await everything(temporary.database.collection(named: "copy"))
        #expect(records.count == 500)
        #expect(Set(records.map { text($0.payload) ?? "" }).count == 1)
        #expect(Set(records.map { $0.vectors?[0].values ?? [] }).count == 1)
      }
      #expect(try await live.count(nil) == 500)
    }
  }

  @Test func readsNeverMissTheCollectionWhileItIsReplaced() async throws {
    try await withDatabase { temporary in
      let folder = SnapshotFolder(path: temporary.path + "-snapshots")
      defer { try? FileManager.default.removeItem(atPath: folder.path) }
      _ = try await makeMixed(temporary, "c")
      let made = try await temporary.database.createSnapshot(of: "c", in: folder)
      let database = temporary.database
      let readers = (0..<2).map { _ in
        Task {
          var reads = 0
          while !Task.isCancelled {
            do {
              let page = try await everything(database.collection(named: "c"))
              #expect(page.count >= 4)
              // A writer that found the old one writes into the new one.
              let extra = point(UInt64(100 + reads % 5), [0, 0])
              let named = Point(
                id: extra.id, vectors: [NamedVector(name: "small", values: [0, 1])],
                payload: extra.payload)
              _ = try await database.collection(named: "c").apply([.upsert([named])])
            } catch {
              // A read is given up when its reader is told to end.
              if Task.isCancelled { break }
              throw error
            }
            reads += 1
          }
          return reads
        }
      }
      for _ in 0..<10 {
        try await database.recoverCollection(named: "c", from: "\(folder.path)/c/\(made.name)")
      }
      for reader in readers { reader.cancel() }
      for reader in readers { #expect(try await reader.value > 0) }
    }
  }

  @Test func damageIsRefusedAndChangesNothing() async throws {
    try await withDatabase { temporary in
      let folder = SnapshotFolder(path: temporary.path + "-snapshots")
      defer { try? FileManager.default.removeItem(atPath: folder.path) }
      let mixed = try await makeMixed(temporary, "c")
      let made = try await temporary.database.createSnapshot(of: "c", in: folder)
      let good = try Data(contentsOf: URL(filePath: "\(folder.path)/c/\(made.name)"))
      _ = try await mixed.apply([.delete(.ids([.number(1)]))])
      let before = try await everything(mixed)
      let path = folder.path + "/damaged.snapshot"
      var variants = [Data(), good + [0], Data("QUIVSNAP".utf8)]
      for length in stride(from: 1, to: good.count, by: 37) {
        variants.append(good.prefix(length))
      }
      for position in stride(from: 0, to: good.count, by: 11) {
        var flipped = good
        flipped[position] ^= 0x10
        variants.append(flipped)
      }
      for variant in variants {
        try variant.write(to: URL(filePath: path))
        await #expect(throws: CollectionError.self) {
          try await temporary.database.recoverCollection(named: "c", from: path)
        }
      }
      try good.write(to: URL(filePath: path))
      await #expect(throws: CollectionError.self) {
        try await temporary.database.recoverCollection(
          named: "c", from: path, checksum: String(repeating: "0", count: 64))
      }
      #expect(try await everything(temporary.database.collection(named: "c")) == before)
    }
  }

  @Test func otherVectorsAreRefused() async throws {
    try await withDatabase { temporary in
      let folder = SnapshotFolder(path: temporary.path + "-snapshots")
      defer { try? FileManager.default.removeItem(atPath: folder.path) }
      _ = try await makeMixed(temporary, "c")
      _ = try await temporary.create("other", size: 3)
      let made = try await temporary.database.createSnapshot(of: "c", in: folder)
      await #expect(throws: CollectionError.self) {
        try await temporary.database.recoverCollection(
          named: "other", from: "\(folder.path)/c/\(made.name)")
      }
      #expect(try temporary.database.collection(named: "other").config.vectors.all.count == 1)
    }
  }

  @Test func namesNeverLeadOutOfTheFolder() throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "quiver-\(UUID())")
    defer { try? FileManager.default.removeItem(at: root) }
    let folder = SnapshotFolder(path: root.path + "/snapshots")
    try FileManager.default.createDirectory(
      atPath: folder.path + "/c", withIntermediateDirectories: true)
    let secret = root.path + "/secret.snapshot"
    try Data("secret".utf8).write(to: URL(filePath: secret))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/c/link.snapshot", withDestinationPath: secret)
    for name in ["../secret.snapshot", "../../secret.snapshot", "..", ".", "", "/etc/passwd"] {
      #expect(throws: CollectionError.self) { try folder.delete(name, of: "c") }
      #expect(throws: CollectionError.self) { try folder.open(name, of: nil) }
      #expect(throws: CollectionError.self) { try folder.resolve(folder.path + "/" + name) }
    }
    for collection in ["..", ".", "../x"] {
      #expect(throws: CollectionError.self) { try folder.list(of: collection) }
    }
    #expect(throws: CollectionError.self) { try folder.open("link.snapshot", of: "c") }
    #expect(throws: CollectionError.self) { try folder.resolve(secret) }
    #expect(throws: CollectionError.self) { try folder.resolve(folder.path + "/c/link.snapshot") }
    #expect(try folder.list(of: "c") == [])
    #expect(FileManager.default.fileExists(atPath: secret))
  }
}

/// A collection with two named vectors, ids of both kinds, and points that miss vectors.
private func makeMixed(
  _ temporary: TemporaryDatabase, _ name: String
) async throws -> PointCollection {
  let config = CollectionConfig(
    vectors: .named([
      NamedVectorParams(name: "small", params: VectorParams(size: 2, distance: .euclid)),
      NamedVectorParams(name: "large", params: VectorParams(size: 5, distance: .cosine)),
    ]), metadata: ["made": .string("here")])
  try await temporary.database.createCollection(named: name, config: config)
  let collection = try temporary.database.collection(named: name)
  let uuid = PointID.uuid(PointUUID(high: 0x1234, low: 0x5678))
  func make(_ id: PointID, _ vectors: [NamedVector], _ json: String = "{}") -> Point {
    Point(id: id, vectors: vectors, payload: payload(json))
  }
  _ = try await collection.apply([
    .upsert([
      make(.number(1), [NamedVector(name: "small", values: [9, 9])]),
      make(
        .number(2), [NamedVector(name: "large", values: [1, 2, 3, 4, 5])],
        #"{"text":"käse","list":[1,2.5,null,true],"inner":{"a":{}}}"#),
    ]),
    .upsert([
      make(uuid, [], #"{"only":"payload"}"#), make(.number(.max), []),
      make(.number(2), [NamedVector(name: "small", values: [1, 1])], #"{"new":true}"#),
    ]),
    .setPayload(payload(#"{"more":1}"#), .ids([.number(1)]), key: nil),
  ])
  return collection
}

private func everything(_ collection: PointCollection) async throws -> [Record] {
  try await collection.scroll(
    ScrollRequest(limit: 10_000, withPayload: .all, withVector: .all)
  ).records
}

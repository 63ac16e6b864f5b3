import DatabaseFixture
import Foundation
import PointModel
import SeededRandom
import Testing
import VectorDB

/// Deleting gives disk back. The waits are bounds far above what is expected, so that a slow
/// machine does not fail them.
@Suite struct ReclaimTests {
  private static let dimension = 512

  private func load(_ collection: PointCollection, _ count: Int) async throws {
    var generator = SeededGenerator(seed: 7)
    for start in stride(from: 0, to: count, by: 500) {
      let points = (start..<min(count, start + 500)).map { id in
        point(
          UInt64(id),
          (0..<Self.dimension).map { _ in Float.random(in: -1...1, using: &generator) })
      }
      _ = try await collection.apply([.upsert(points)])
    }
  }

  /// The lengths of all files of a database's folder.
  private func bytes(_ temporary: TemporaryDatabase) throws -> Int {
    var total = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: temporary.path) {
      let attributes = try? FileManager.default.attributesOfItem(
        atPath: temporary.path + "/" + name)
      total += (attributes?[.size] as? Int) ?? 0
    }
    return total
  }

  /// Waits until the folder is smaller than `bound`.
  private func shrinks(_ temporary: TemporaryDatabase, below bound: Int) async throws -> Bool {
    try await eventually(within: 120) { try bytes(temporary) < bound }
  }

  @Test func deletingACollectionGivesDiskBack() async throws {
    try await withDatabase { temporary in
      let kept = try await temporary.create("kept", size: Self.dimension)
      try await load(kept, 200)
      let large = try await temporary.create("large", size: Self.dimension)
      try await load(large, 12_000)
      #expect(try bytes(temporary) > 24_000_000)
      #expect(try await temporary.database.deleteCollection(named: "large"))
      #expect(try await shrinks(temporary, below: 6_000_000))
      #expect(try await kept.count(nil) == 200)
      #expect(try await kept.retrieve([.number(199)], withVector: .all).count == 1)
    }
  }

  @Test func whatACloseInterruptsIsTakenUpAtTheNextOpen() async throws {
    try await withDatabase { temporary in
      let large = try await temporary.create("large", size: Self.dimension)
      try await load(large, 12_000)
      try await temporary.restart()
      #expect(try await temporary.database.deleteCollection(named: "large"))
      try await temporary.restart()
      #expect(temporary.database.collections.isEmpty)
      #expect(try await shrinks(temporary, below: 6_000_000))
      // The number is not given to another collection, nor are its records found there.
      let again = try await temporary.create("large", size: Self.dimension)
      #expect(try await again.count(nil) == 0)
    }
  }

  @Test func deletingMostPointsGivesDiskBack() async throws {
    try await withDatabase { temporary in
      var large = try await temporary.create("large", size: Self.dimension)
      try await load(large, 12_000)
      try await temporary.restart()
      large = try temporary.database.collection(named: "large")
      #expect(try bytes(temporary) > 24_000_000)
      let ids = (500..<12_000).map { PointID.number(UInt64($0)) }
      _ = try await large.apply([.delete(.ids(ids))])
      #expect(try await shrinks(temporary, below: 8_000_000))
      #expect(try await large.count(nil) == 500)
      #expect(try await large.retrieve([.number(499)], withVector: .all).count == 1)
    }
  }
}

import DatabaseFixture
import Foundation
import PointModel
import Testing
import VectorDB

/// A snapshot's configuration is that of the commit its points are of, whatever is changed while it
/// is written.
@Suite struct ArchiveManifestTests {
  @Test func theConfigurationIsAsOldAsThePoints() async throws {
    try await withDatabase { fixture in
      let folder = SnapshotFolder(path: fixture.path + "-snapshots")
      defer { try? FileManager.default.removeItem(atPath: folder.path) }
      let database = fixture.database
      let live = try await fixture.create("live", size: 1)
      // In turn: what the configuration says, and a point more.
      let writer = Task {
        for round in 1...60 {
          var change = CollectionConfigChange()
          change.metadata["round"] = .integer(Int64(round))
          try await database.updateCollection(named: "live", change: change)
          _ = try await live.apply([.upsert([point(UInt64(round), [1])])])
        }
      }
      for number in 0..<5 {
        let made = try await database.createSnapshot(of: "live", in: folder)
        let copy = "copy\(number)"
        try await database.recoverCollection(
          named: copy, from: "\(folder.path)/live/\(made.name)")
        let copied = try database.collection(named: copy)
        let points = try await copied.count(nil)
        guard case .integer(let round)? = copied.config.metadata?["round"] else {
          #expect(points == 0)
          continue
        }
        #expect(Int(round) == points || Int(round) == points + 1)
      }
      try await writer.value
    }
  }
}

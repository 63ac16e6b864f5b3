import DatabaseFixture
import Foundation
import PointModel
import SeededRandom
import Testing
import VectorDB
import VectorIndex

/// A calibration with queries is saved apart: the index, which is as large as its lists, is not
/// written anew for it.
@Suite struct CalibrationFileTests {
  private static let dimension = 16
  private static let count = 3000

  private func vector(_ random: inout SeededGenerator) -> [Float] {
    (0..<Self.dimension).map { _ in Float.random(in: -1...1, using: &random) }
  }

  private func wait(for what: String, _ isSo: () -> Bool) async throws {
    #expect(try await eventually(isSo), "waited in vain for \(what)")
  }

  @Test(arguments: [false, true])
  func calibrationIsSavedApart(isDamaged: Bool) async throws {
    try await withDatabase { fixture in
      var random = SeededGenerator(seed: 5)
      var config = CollectionConfig(
        vectors: .unnamed(VectorParams(size: Self.dimension, distance: .cosine)))
      config.optimizers["indexing_threshold"] = .integer(16)
      try await fixture.database.createCollection(named: "things", config: config)
      let things = try fixture.database.collection(named: "things")
      _ = try await things.apply([
        .upsert((0..<Self.count).map { point(UInt64($0), vector(&random)) })
      ])
      func figures() -> IVFStatistics? { things.info().indexes.first?.statistics }
      try await wait(for: "an index") { figures()?.trainedRows == Self.count }
      // Collections are numbered from 1, vectors from 0.
      let index = fixture.path + "/index/1-0.ivf"
      let reach = fixture.path + "/index/1-0.reach"
      try await wait(for: "its file") { FileManager.default.fileExists(atPath: index) }
      let saved = try Data(contentsOf: URL(filePath: index))
      let before = figures()?.calibration
      // Unlike the rows: far from all of them.
      for _ in 0..<250 {
        let query = vector(&random).map { $0 > 0 ? $0 : $0 / 100 }
        _ = try await things.query([QueryRequest(query: .nearest(.dense(query)), limit: 10)])
      }
      try await wait(for: "a calibration") { FileManager.default.fileExists(atPath: reach) }
      let after = figures()?.calibration
      #expect(after != before)
      #expect(try Data(contentsOf: URL(filePath: index)) == saved)
      try await fixture.restart {
        #expect(try Data(contentsOf: URL(filePath: index)) == saved)
        guard isDamaged else { return }
        var bytes = try Data(contentsOf: URL(filePath: reach))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: reach))
      }
      let again = try fixture.database.collection(named: "things")
      #expect(again.info().indexes.first?.statistics?.calibration == (isDamaged ? before : after))
      #expect(FileManager.default.fileExists(atPath: reach) == !isDamaged)
      // It goes where the index goes: when the database opens without the collection.
      _ = try await fixture.database.deleteCollection(named: "things")
      try await fixture.restart()
      #expect(!FileManager.default.fileExists(atPath: index))
      #expect(!FileManager.default.fileExists(atPath: reach))
    }
  }
}

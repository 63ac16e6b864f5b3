import DatabaseFixture
import LogLines
import PointModel
import Testing
import VectorDB

/// What an index has grown by.
@Suite struct IndexRoundTests {
  private static let size = 64

  private static func config(_ vectors: VectorsConfig) -> CollectionConfig {
    var config = CollectionConfig(vectors: vectors)
    config.optimizers["indexing_threshold"] = .integer(64)
    return config
  }

  /// Points that all have one vector, and one in `share` the other; 0 for none.
  private static func points(_ ids: Range<Int>, oneIn share: Int) -> [Point] {
    ids.map { id in
      let values = (0..<size).map { Float((id * 31 + $0 * 17) % 97) }
      var vectors = [NamedVector(name: "all", values: values)]
      if share > 0, id % share == 0 { vectors.append(NamedVector(name: "few", values: values)) }
      return Point(id: .number(UInt64(id)), vectors: vectors, payload: payload("{}"))
    }
  }

  /// While rows come fast, a calibration would be old before it is used.
  @Test func anOldCalibrationWaitsForRestOrTime() {
    var figures = IndexFigures()
    #expect(figures.mayRenewCalibration(at: 0, isQuiet: false))
    figures.calibratedAt = 100_000
    #expect(!figures.mayRenewCalibration(at: 129_999, isQuiet: false))
    #expect(figures.mayRenewCalibration(at: 100_001, isQuiet: true))
    #expect(figures.mayRenewCalibration(at: 130_000, isQuiet: false))
  }

  /// So do lists that could be split.
  @Test func upkeepWaitsForRestOrTime() {
    var figures = IndexFigures()
    figures.hasIndex = true
    figures.live = 100_000
    figures.changes = 5_000
    #expect(figures.isUpkeepDue(at: 0, isQuiet: false))
    figures.upkeepAt = 100_000
    #expect(!figures.isUpkeepDue(at: 109_999, isQuiet: false))
    #expect(figures.isUpkeepDue(at: 100_001, isQuiet: true))
    #expect(figures.isUpkeepDue(at: 110_000, isQuiet: false))
    figures.changes = 4_999
    #expect(!figures.isUpkeepDue(at: 110_000, isQuiet: false))
    figures.changes = 1_000
    #expect(figures.isUpkeepDue(at: 100_001, isQuiet: true))
    figures.changes = 999
    #expect(!figures.isUpkeepDue(at: 110_000, isQuiet: true))
  }

  @Test(arguments: [0, 10])
  func whatFewPointsHaveIsIndexedOnce(oneIn share: Int) async throws {
    let log = LogLines(with: ["vector"])
    let built = { (vector: String) in log.all("index built").count { $0 == "index built \(vector)" }
    }
    try await withDatabase(logger: log.logger) { temporary in
      let params = VectorParams(size: Self.size, distance: .dot)
      let names = ["all", "few"].map { NamedVectorParams(name: $0, params: params) }
      try await temporary.database.createCollection(
        named: "things", config: Self.config(.named(names)))
      let things = try temporary.database.collection(named: "things")
      _ = try await things.apply([.upsert(Self.points(0..<4000, oneIn: share))])
      #expect(try await eventually { built("few") > 0 })
      // Each has the indexer look at the collection, and those after it find that it has done so.
      for round in 0..<3 {
        let start = 4000 + 200 * round
        _ = try await things.apply([.upsert(Self.points(start..<start + 200, oneIn: share))])
        for _ in 0..<2 { try await buildAnother(temporary, built) }
      }
      #expect(built("few") == 1 && built("all") == 1)
    }
  }

  /// Returns when the indexer has built an index of a collection that was made after this began.
  private func buildAnother(
    _ temporary: TemporaryDatabase, _ built: (String) -> Int
  ) async throws {
    let before = built("")
    let name = "other \(before)"
    let params = VectorParams(size: Self.size, distance: .dot)
    try await temporary.database.createCollection(
      named: name, config: Self.config(.unnamed(params)))
    let points = (0..<500).map {
      point($0, [Float](repeating: Float($0 % 7), count: Self.size))
    }
    _ = try await temporary.database.collection(named: name).apply([.upsert(points)])
    #expect(try await eventually { built("") > before })
  }
}

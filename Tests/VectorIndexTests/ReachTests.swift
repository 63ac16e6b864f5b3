import SeededRandom
import Testing
import VectorIndex

/// Which lists queries look at, and how many.
@Suite struct ReachTests {
  /// Vectors and queries of any length: beyond what estimates can tell apart, answers are exact.
  @Test(arguments: [Metric.dot, .squaredEuclid]) func anyLengthIsSearchedFor(
    metric: Metric
  ) throws {
    var random = SeededGenerator(seed: 91)
    let rows = ClusteredRows(dimension: 16, isUnit: false, random: &random)
    rows.add(20_000, &random)
    let index = try rows.build(metric)
    let lists = index.statistics().listCount
    // Not all places of the last block are taken.
    #expect(lists % 16 != 0)
    let efforts: [SearchEffort] = [
      .probes(1), .probes(210), .probes(lists - 1), .recall(0.9), .recall(0.999),
      .candidates(16), .candidates(2000), .candidates(.max), .probes(.max),
    ]
    for scale: Float in [0, 1e-30, 1, 1e10, 1e13, 1e14, 1e18, 1e31] {
      let query = SearchQuery(vector: rows.randomRow(&random).map { $0 * scale }, limit: 10)
      let exact = try rows.exact(metric, [query])[0]
      for effort in efforts {
        let found = try rows.search(index, [query], effort)[0]
        #expect(found.count == 10, "\(effort) of \(scale)")
        if scale >= 1e14 { #expect(found == exact, "\(effort) of \(scale)") }
      }
    }
  }

  @Test func longRowsAreFoundExactly() throws {
    var random = SeededGenerator(seed: 92)
    let column = DenseColumn(dimension: 8)
    let visibility = VisibilityTable()
    for offset in UInt32(0)..<3000 {
      random.vector(8).map { $0 * 1e16 }.withUnsafeBufferPointer { column.write($0, at: offset) }
      visibility.insert(offset, born: 1)
    }
    let view = visibility.view(at: 1, rowCount: 3000)
    let index = try IVFFlatIndex.build(
      metric: .squaredEuclid, parameters: IVFParameters(), rows: column.view(), visibility: view,
      shouldContinue: { _ in true })
    let query = SearchQuery(vector: [Float](repeating: 0, count: 8), limit: 5)
    let found = try IVFSearch(index.view(), effort: .recall(0.9)).search(
      [query], in: column.view(), visibility: view, shouldStop: { false })
    let exact = try ExactScan(metric: .squaredEuclid).search(
      [query], in: column.view(), visibility: view, shouldStop: { false })
    #expect(found == exact && found[0].count == 5)
  }

  /// Rows too long for lists are scored by every search, from the build on or when they come later.
  @Test(arguments: [Metric.dot, .squaredEuclid]) func longRowsAmongOthersAreFound(
    metric: Metric
  ) throws {
    var random = SeededGenerator(seed: 96)
    let rows = ClusteredRows(dimension: 24, random: &random)
    let long = { (random: inout SeededGenerator) in random.vector(24).map { $0 * 1e17 } }
    rows.add(3000, &random)
    rows.add(4, &random, row: long)
    let index = try rows.build(metric)
    #expect(index.statistics().entryCount == 6000)
    rows.add(200, &random)
    rows.add(4, &random, row: long)
    rows.remove(50, &random)
    _ = index.insert(from: rows.column.view(), visibility: rows.view, limit: .max)
    while index.maintain(rows: rows.column.view(), visibility: rows.view) {}
    for _ in 0..<10 {
      let query = SearchQuery(vector: rows.randomRow(&random), limit: 30)
      let found = Set(try rows.search(index, [query], .probes(.max))[0].map(\.offset))
      let wanted = try rows.exact(metric, [query])[0].map(\.offset)
      // Those that are best by product, half of the long ones, are in front.
      let best = metric == .dot ? wanted.prefix { $0 >= 3000 && $0 < 3004 || $0 >= 3204 } : []
      #expect(best.allSatisfy(found.contains))
      #expect(wanted.count(where: found.contains) >= 28)
    }
    let copy = try reread(index, metric)
    let query = SearchQuery(vector: rows.randomRow(&random), limit: 30)
    #expect(
      try rows.search(copy, [query], .probes(3)) == rows.search(index, [query], .probes(3)))
  }

  private func reread(_ index: IVFFlatIndex, _ metric: Metric) throws -> IVFFlatIndex {
    var bytes: [UInt8] = []
    index.serialize { bytes += $0 }
    var position = 0
    return try IVFFlatIndex(
      metric: metric, dimension: index.dimension, parameters: IVFParameters(),
      reading: { target in
        target.copyBytes(from: bytes[position..<position + target.count])
        position += target.count
      })
  }

  /// Where rows were deleted, the nearest lists are empty or full of dead rows, and the query's
  /// neighbours are far away.
  @Test(arguments: [Metric.dot, .squaredEuclid]) func asManyAreFoundAsAreWanted(
    metric: Metric
  ) throws {
    var random = SeededGenerator(seed: 97)
    let rows = ClusteredRows(dimension: 8, clusters: 1, random: &random)
    let there = [Float](repeating: 9, count: 8)
    rows.add(400, &random) { random in random.vector(8).map { $0 * 0.1 + 9 } }
    rows.add(3600, &random)
    let index = try rows.build(metric)
    for offset in 0..<UInt32(400) { rows.remove(offset) }
    for _ in 0..<3 {
      for effort: SearchEffort in [.recall(0.5), .recall(0.98), .candidates(1)] {
        for limit in [1, 10, 50, 3600, 5000] {
          let query = SearchQuery(vector: there, limit: limit)
          let found = try rows.search(index, [query], effort)[0]
          #expect(found.count == min(limit, 3600), "\(effort), \(limit)")
        }
      }
      while index.maintain(rows: rows.column.view(), visibility: rows.view) {}
    }
  }

  /// Calibrated for ten neighbours, and as good for many.
  @Test func manyNeighborsAreFoundAsWellAsFew() throws {
    var random = SeededGenerator(seed: 98)
    let rows = ClusteredRows(dimension: 32, clusters: 100, random: &random)
    rows.add(10_000, &random)
    let index = try rows.build(.squaredEuclid)
    for limit in [10, 50, 100, 300, 1000, 3000] {
      var hits = 0
      for _ in 0..<30 {
        let query = SearchQuery(vector: rows.randomRow(&random), limit: limit)
        let found = try rows.search(index, [query], .recall(0.98))[0]
        #expect(found.count == limit)
        let wanted = Set(try rows.exact(.squaredEuclid, [query])[0].map(\.offset))
        hits += found.count { wanted.contains($0.offset) }
      }
      #expect(Double(hits) >= 0.93 * Double(30 * limit), "\(hits) of \(30 * limit)")
    }
  }

  /// One query that is out of range does not spoil the calibration for the others.
  @Test func calibrationLeavesOutQueriesOutOfRange() throws {
    var random = SeededGenerator(seed: 93)
    let rows = ClusteredRows(dimension: 64, clusters: 300, random: &random)
    rows.add(12_000, &random)
    let index = try rows.build(.squaredEuclid)
    let queries = (0..<128).map { _ in rows.randomRow(&random) }
    let recalls = try [queries, [queries[0].map { $0 * 1e30 }] + queries.dropFirst()].map {
      try index.recalibrate(
        with: $0, rows: rows.column.view(), visibility: rows.view, shouldContinue: { _ in true })
      return try rows.recall(
        index, .squaredEuclid, effort: .recall(0.9), queries: 200, &random)
    }
    #expect(recalls.allSatisfy { $0 > 0.85 }, "\(recalls)")
  }

  @Test func moreCandidatesLookAtMoreLists() throws {
    var random = SeededGenerator(seed: 94)
    let rows = ClusteredRows(dimension: 48, clusters: 400, random: &random)
    rows.add(12_000, &random)
    let index = try rows.build(.squaredEuclid)
    var last = 0.0
    var probes = 0
    for candidates in [4, 16, 64, 256, 1024, 4096] {
      var same = SeededGenerator(seed: 95)
      let effort = SearchEffort.candidates(candidates)
      let recall = try rows.recall(
        index, .squaredEuclid, effort: effort, queries: 200, &same)
      #expect(recall >= last - 0.005, "\(candidates) candidates give \(recall)")
      #expect(index.view().probes(for: effort) >= probes)
      last = recall
      probes = index.view().probes(for: effort)
    }
    let asMany = 32 * index.view().probes(for: .recall(0.98))
    #expect(probes == min(asMany, index.statistics().listCount) && last > 0.98)
  }
}

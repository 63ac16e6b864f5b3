import RowSets
import SeededRandom
import Testing
import VectorIndex

/// How many more lists a search looks at under a filter is measured, not assumed.
@Suite struct FilterGrowthTests {
  /// A tenth of the rows, which have nothing to do with the vectors.
  private func queries(
    _ rows: ClusteredRows, _ random: inout SeededGenerator
  ) -> [SearchQuery] {
    let count = rows.rows.count
    let tenth = (0..<UInt32(count)).filter { _ in Int.random(in: 0..<10, using: &random) == 0 }
    let allowed = RowSet(tenth).mask(below: UInt32(count))
    return (0..<100).map { _ in
      SearchQuery(vector: rows.randomRow(&random), limit: 10, allowed: allowed)
    }
  }

  private func looks(
    _ rows: ClusteredRows, _ index: IVFFlatIndex, _ queries: [SearchQuery]
  ) throws -> (probes: Int, found: [[Neighbor]]) {
    let trace = SearchTrace()
    var search = IVFSearch(index.view(), effort: .recall(0.95))
    search.trace = trace
    let found = try search.search(
      queries, in: rows.column.view(), visibility: rows.view, shouldStop: { false })
    return (trace.take().reduce(0) { $0 + $1.probes }, found)
  }

  @Test(arguments: [Metric.dot, .squaredEuclid])
  func aTenthOfTheRowsNeedsNoMoreListsThanItTakes(_ metric: Metric) throws {
    var random = SeededGenerator(seed: 171)
    let rows = ClusteredRows(
      dimension: 48, clusters: 150, isUnit: metric == .dot, random: &random)
    rows.add(30_000, &random)
    let index = try rows.build(metric)
    let filtered = queries(rows, &random)
    let all = filtered.map { SearchQuery(vector: $0.vector, limit: 10) }
    let (probes, found) = try looks(rows, index, filtered)
    let truth = try rows.exact(metric, filtered)
    let hits = zip(found, truth).reduce(0) { hits, pair in
      hits + Set(pair.0.map(\.offset)).intersection(pair.1.map(\.offset)).count
    }
    #expect(hits >= 930, "\(hits) of 1000")
    // A rule for all data, √10 times as many, would be 4.2 times the mean.
    let usual = try looks(rows, index, all).probes
    #expect(probes > 0 && Double(probes) < 3.5 * Double(usual), "\(probes), usually \(usual)")
    var bytes: [UInt8] = []
    index.serialize { bytes += $0 }
    let copy = try reread(bytes, metric)
    let again = try looks(rows, copy, filtered)
    #expect(again.probes == probes && again.found == found)
  }

  /// Queries from between the rows look at many lists already: the rule of the rows would have them
  /// look at twice as many as they need.
  @Test func queriesTellWhatTheyNeedUnderAFilter() throws {
    var random = SeededGenerator(seed: 172)
    let rows = ClusteredRows(dimension: 48, clusters: 400, isUnit: true, random: &random)
    rows.add(30_000, &random)
    let index = try rows.build(.dot)
    let between = { (random: inout SeededGenerator) in
      var query = zip(rows.randomRow(&random), rows.randomRow(&random)).map { $0 + $1 }
      VectorMath.normalize(&query)
      return query
    }
    let asked = (0..<128).map { _ in between(&random) }
    var saved: [UInt8] = []
    index.serialize { saved += $0 }
    try index.recalibrate(
      with: asked, rows: rows.column.view(), visibility: rows.view, shouldContinue: { _ in true })
    let filtered = queries(rows, &random).map {
      SearchQuery(vector: between(&random), limit: 10, allowed: $0.allowed)
    }
    let (probes, found) = try looks(rows, index, filtered)
    let hits = zip(found, try rows.exact(.dot, filtered)).reduce(0) { hits, pair in
      hits + Set(pair.0.map(\.offset)).intersection(pair.1.map(\.offset)).count
    }
    #expect(hits >= 930, "\(hits) of 1000")
    #expect(probes > 0 && probes < 1_100, "\(probes)")
    // They tell it after a restart, too.
    var calibration: [UInt8] = []
    index.serializeCalibration { calibration += $0 }
    let copy = try reread(saved, .dot)
    try load(calibration, into: copy)
    #expect(try looks(rows, copy, filtered).probes == probes)
    // What was written before is the points alone: what is known of filters stays as it was.
    let points = index.statistics().calibration.count
    var older = Array(calibration[..<(24 + 24 * points)])
    #expect(older[20] == 1)
    older[20] = 0
    let olderCopy = try reread(saved, .dot)
    try load(older, into: olderCopy)
    #expect(olderCopy.statistics().calibration == index.statistics().calibration)
    #expect(try looks(rows, olderCopy, filtered).probes > 5 * probes / 4)
  }

  private func reread(_ bytes: [UInt8], _ metric: Metric) throws -> IVFFlatIndex {
    var position = 0
    return try IVFFlatIndex(metric: metric, dimension: 48, parameters: IVFParameters()) { target in
      target.copyBytes(from: bytes[position..<position + target.count])
      position += target.count
    }
  }

  private func load(_ calibration: [UInt8], into index: IVFFlatIndex) throws {
    var position = 0
    try index.loadCalibration { target in
      target.copyBytes(from: calibration[position..<position + target.count])
      position += target.count
    }
    #expect(position == calibration.count)
  }
}

import SeededRandom
import Testing
import VectorIndex

/// An index of so many lists that its centroids are grouped.
@Suite struct GroupedListsTests {
  private static let lists = 2_304

  private func grouped(_ rows: ClusteredRows, _ metric: Metric) throws -> IVFFlatIndex {
    try rows.build(metric, IVFParameters(listCount: Self.lists))
  }

  @Test(arguments: [Metric.dot, .squaredEuclid]) func calibratedRecallIsReached(
    metric: Metric
  ) throws {
    var random = SeededGenerator(seed: 171)
    let rows = ClusteredRows(
      dimension: 32, clusters: 400, isUnit: metric == .dot, random: &random)
    rows.add(20_000, &random)
    let index = try grouped(rows, metric)
    let statistics = index.statistics()
    #expect(statistics.listCount == Self.lists)
    #expect(statistics.entryCount == 40_000, "every row stands in two lists")
    for target in [0.9, 0.95, 0.98] {
      let recall = try rows.recall(index, metric, effort: .recall(target), queries: 200, &random)
      #expect(recall > target - 0.03, "\(target) gave \(recall)")
    }
  }

  /// Rows are entered in the lists that searches for them look at first.
  @Test func rowsAreFoundByThemselves() throws {
    var random = SeededGenerator(seed: 172)
    let rows = ClusteredRows(dimension: 32, clusters: 400, random: &random)
    rows.add(18_500, &random)
    let index = try grouped(rows, .squaredEuclid)
    rows.add(1_500, &random)
    while index.insert(from: rows.column.view(), visibility: rows.view, limit: 1000) > 0 {}
    var found = 0
    for offset in stride(from: 0, to: 20_000, by: 40) {
      let nearest = try rows.search(
        index, [SearchQuery(vector: rows.rows[offset], limit: 1)], .probes(4))[0]
      if nearest.first?.offset == UInt32(offset) { found += 1 }
    }
    #expect(found >= 485, "of 500")
  }

  /// Lists that are merged or left without an entry are no answer to where a row belongs.
  @Test func deletingMostRowsKeepsTheOthersFound() throws {
    var random = SeededGenerator(seed: 173)
    let rows = ClusteredRows(dimension: 32, clusters: 400, random: &random)
    rows.add(20_000, &random)
    let index = try grouped(rows, .squaredEuclid)
    rows.remove(18_000, &random)
    while index.maintain(rows: rows.column.view(), visibility: rows.view) {}
    let recall = try rows.recall(
      index, .squaredEuclid, effort: .recall(0.95), queries: 100, &random)
    // Most lists hold a row or none now: more of them than calibration knows of are needed.
    #expect(recall > 0.75)
    let view = index.view()
    #expect(view.probes(for: .recall(0.95)) <= index.statistics().listCount)
  }

  @Test func theSameSeedGivesTheSameIndex() throws {
    var random = SeededGenerator(seed: 174)
    let rows = ClusteredRows(dimension: 16, clusters: 300, random: &random)
    rows.add(20_000, &random)
    let queries = (0..<40).map { _ in SearchQuery(vector: rows.randomRow(&random), limit: 10) }
    let one = try rows.search(grouped(rows, .squaredEuclid), queries, .probes(3))
    let other = try rows.search(grouped(rows, .squaredEuclid), queries, .probes(3))
    #expect(one == other)
  }
}

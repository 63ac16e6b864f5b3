import SeededRandom
import Testing
import VectorIndex

/// Lists over rows that are no floats.
@Suite struct ElementIndexTests {
  @Test(
    arguments: [ElementType.float16, .uint8], [Metric.dot, .squaredEuclid, .cosine])
  func allListsWithWideBoundsGiveTheExactAnswer(
    _ element: ElementType, _ metric: Metric
  ) throws {
    var random = SeededGenerator(seed: 181)
    let rows = ClusteredRows(dimension: 50, element: element, random: &random)
    rows.add(2000, &random)
    rows.remove(200, &random)
    let index = try rows.build(metric)
    rows.add(200, &random)
    _ = index.insert(from: rows.column.view(), visibility: rows.view, limit: 150)
    rows.remove(100, &random)
    while index.maintain(rows: rows.column.view(), visibility: rows.view) {}
    for limit in [1, 10, 100] {
      let queries = (0..<8).map { _ in SearchQuery(vector: rows.randomRow(&random), limit: limit) }
      let search = IVFSearch(
        index.view(), effort: .probes(.max), bounds: ErrorBounds(lower: 100, upper: 100))
      let found = try search.search(
        queries, in: rows.column.view(), visibility: rows.view, shouldStop: { false })
      #expect(try found == rows.exact(metric, queries), "limit \(limit)")
    }
  }

  @Test(
    arguments: [
      (ElementType.float16, Metric.dot), (.uint8, .cosine), (.uint8, .squaredEuclid),
      (.turbo4, .dot), (.turbo4, .squaredEuclid),
    ])
  func calibratedRecallIsReached(_ element: ElementType, _ metric: Metric) throws {
    var random = SeededGenerator(seed: 182)
    let rows = ClusteredRows(
      dimension: 64, element: element, clusters: 100, isUnit: metric == .dot, random: &random)
    rows.add(6000, &random)
    let index = try rows.build(metric)
    let recall = try rows.recall(index, metric, effort: .recall(0.95), &random)
    #expect(recall > 0.91, "\(element) \(metric): \(recall)")
    #expect(index.view().probes(for: .recall(0.95)) < index.statistics().listCount / 2)
  }

  @Test func cosinesAreSavedAndReadAgain() throws {
    var random = SeededGenerator(seed: 183)
    let rows = ClusteredRows(dimension: 24, element: .uint8, random: &random)
    rows.add(900, &random)
    let index = try rows.build(.cosine)
    var bytes: [UInt8] = []
    index.serialize { bytes.append(contentsOf: $0) }
    func read(_ metric: Metric) throws -> IVFFlatIndex {
      var rest = bytes[...]
      return try IVFFlatIndex(
        metric: metric, dimension: 24, parameters: IVFParameters()
      ) { buffer in
        buffer.copyBytes(from: rest.prefix(buffer.count))
        rest = rest.dropFirst(buffer.count)
      }
    }
    #expect(throws: DamagedIndex.self) { try read(.dot) }
    let query = SearchQuery(vector: rows.randomRow(&random), limit: 10)
    let again = try read(.cosine)
    #expect(
      try rows.search(again, [query], .recall(0.9)) == rows.search(index, [query], .recall(0.9)))
  }
}

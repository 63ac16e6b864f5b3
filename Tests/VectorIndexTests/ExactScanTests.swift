import RowSets
import SeededRandom
import Testing
import VectorIndex

@Suite struct ExactScanTests {
  @Test(arguments: Metric.allCases, [(1, 300), (5, 40_000), (384, 1500), (2048, 400)])
  func findsWhatBruteForceFinds(_ metric: Metric, _ shape: (dimension: Int, operations: Int))
    throws
  {
    var random = SeededGenerator(seed: 71)
    let fixture = ScanFixture(
      dimension: shape.dimension, operations: shape.operations, random: &random)
    let queries = (0..<16).map { _ in fixture.randomQuery(&random, metric: metric) }
    let scan = ExactScan(metric: metric)
    let view = fixture.column.view()
    let batch = try scan.search(
      queries, in: view, visibility: fixture.visibilityView, shouldStop: { false })
    #expect(batch.count == queries.count)
    for (query, found) in zip(queries, batch) {
      #expect(found == Array(fixture.ranked(metric, query).prefix(query.limit)))
      let alone = try scan.search(
        [query], in: view, visibility: fixture.visibilityView, shouldStop: { false })
      #expect(alone == [found])
    }
  }

  @Test(arguments: Metric.allCases)
  func gatheredScannedAndPairwiseScoresAreTheSameBits(_ metric: Metric) throws {
    var random = SeededGenerator(seed: 72)
    let column = DenseColumn(dimension: 100)
    let table = VisibilityTable()
    let rowCount: UInt32 = 3000
    for offset in 0..<rowCount {
      column.write(random.vector(100), at: offset)
      table.insert(offset, born: 1)
    }
    let allowed = RowSet(Array(stride(from: 0, to: rowCount, by: 9))).mask(below: rowCount)
    let vector = random.vector(100)
    let all = SearchQuery(vector: vector, limit: Int(rowCount))
    let few = SearchQuery(vector: vector, limit: Int(rowCount), allowed: allowed)
    let view = column.view()
    let found = try ExactScan(metric: metric).search(
      [all, few], in: view, visibility: table.view(at: 1, rowCount: rowCount),
      shouldStop: { false })
    #expect(found[1].count == allowed.count)
    #expect(found[1] == found[0].filter { allowed.contains($0.offset) })
    for neighbor in found[0].prefix(50) {
      let row = try #require(view.row(neighbor.offset))
      #expect(VectorMath.score(metric, vector, row) == neighbor.score)
    }
  }

  @Test func earlierReadersGetTheOldAnswer() throws {
    let column = DenseColumn(dimension: 2)
    let table = VisibilityTable()
    column.write([1, 0], at: 0)
    table.insert(0, born: 1)
    let before = (column.view(), table.view(at: 1, rowCount: 1))
    column.write([2, 0], at: 1)
    table.remove(0, died: 2)
    table.insert(1, born: 2)
    let after = (column.view(), table.view(at: 2, rowCount: 2))
    let query = SearchQuery(vector: [1, 0], limit: 10)
    let scan = ExactScan(metric: .dot)
    let old = try scan.search(
      [query], in: before.0, visibility: before.1, shouldStop: { false })
    let new = try scan.search([query], in: after.0, visibility: after.1, shouldStop: { false })
    #expect(old == [[Neighbor(offset: 0, score: 1)]])
    #expect(new == [[Neighbor(offset: 1, score: 2)]])
  }

  @Test func nothingIsFoundInAnEmptyColumn() throws {
    let found = try ExactScan(metric: .dot).search(
      [SearchQuery(vector: [1, 2, 3], limit: 5)], in: DenseColumn(dimension: 3).view(),
      visibility: VisibilityTable().view(at: .max, rowCount: 1000), shouldStop: { false })
    #expect(found == [[]])
    let none = try ExactScan(metric: .dot).search(
      [], in: DenseColumn(dimension: 3).view(),
      visibility: VisibilityTable().view(at: 0, rowCount: 0), shouldStop: { false })
    #expect(none.isEmpty)
  }

  @Test func stopsWhenAskedTo() throws {
    var random = SeededGenerator(seed: 73)
    let fixture = ScanFixture(dimension: 512, operations: 3000, random: &random)
    let view = fixture.column.view()
    let few = RowSet(range: 0..<fixture.rowCount / 8).mask(below: fixture.rowCount)
    for allowed in [nil, few] {
      let query = SearchQuery(
        vector: random.coarseVector(512), limit: 3, allowed: allowed)
      var polls = 0
      #expect(throws: SearchInterrupted()) {
        _ = try ExactScan(metric: .dot).search(
          [query], in: view, visibility: fixture.visibilityView,
          shouldStop: {
            polls += 1
            return polls == 2
          })
      }
      #expect(polls == 2)
      #expect(throws: SearchInterrupted()) {
        _ = try RankedScan(
          ScorerQuery(view.scorer(for: query.vector, metric: .dot), limit: 0),
          visibility: fixture.visibilityView, shouldStop: { true })
      }
    }
  }
}

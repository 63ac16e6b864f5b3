import SeededRandom
import Testing
import VectorIndex

@Suite struct RankedScanTests {
  @Test(arguments: Metric.allCases)
  func givesTheOrderOfTheExactScan(_ metric: Metric) throws {
    var random = SeededGenerator(seed: 81)
    let fixture = ScanFixture(dimension: 24, operations: 9000, random: &random)
    let view = fixture.column.view()
    for _ in 0..<8 {
      var query = fixture.randomQuery(&random, metric: metric)
      query.minimumScore = nil
      query.limit = 1_000_000
      let expected = try ExactScan(metric: metric).search(
        [query], in: view, visibility: fixture.visibilityView, shouldStop: { false })[0]
      #expect(expected == fixture.ranked(metric, query))
      var scan = try RankedScan(
        ScorerQuery(
          view.scorer(for: query.vector, metric: metric), limit: 0, allowed: query.allowed),
        visibility: fixture.visibilityView, shouldStop: { false })
      var found: [Neighbor] = []
      while true {
        let step = Int.random(in: 0...700, using: &random)
        let piece = scan.next(step)
        #expect(piece.count == min(step, expected.count - found.count))
        found += piece
        if piece.count < step { break }
      }
      #expect(found == expected)
      #expect(scan.next(5).isEmpty)
    }
  }
}

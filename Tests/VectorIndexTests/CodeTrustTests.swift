import SeededRandom
import Testing
import VectorIndex

/// How far the codes of an index may be trusted.
@Suite struct CodeTrustTests {
  @Test(arguments: [Metric.dot, .squaredEuclid]) func lessTrustFindsMore(metric: Metric) throws {
    var random = SeededGenerator(seed: 71)
    let rows = ClusteredRows(
      dimension: 96, clusters: 100, isUnit: metric == .dot, random: &random)
    rows.add(8000, &random)
    let index = try rows.build(metric)
    let queries = (0..<100).map { _ in SearchQuery(vector: rows.randomRow(&random), limit: 10) }
    let truth = try rows.exact(metric, queries)
    func recall(_ trust: CodeTrust) throws -> Double {
      let found = try IVFSearch(index.view(), effort: .probes(.max), trust: trust).search(
        queries, in: rows.column.view(), visibility: rows.view, shouldStop: { false })
      var hits = 0
      for (exact, found) in zip(truth, found) {
        let scores = Dictionary(uniqueKeysWithValues: exact.map { ($0.offset, $0.score) })
        for neighbor in found {
          guard let score = scores[neighbor.offset] else { continue }
          #expect(neighbor.score == score)
          hits += 1
        }
      }
      return Double(hits) / Double(10 * queries.count)
    }
    let (blind, usual, little) = (try recall(.blind), try recall(.calibrated), try recall(.little))
    #expect(blind < usual - 0.05, "\(blind) and \(usual)")
    #expect(usual <= little)
    #expect(little > 0.999)
  }
}

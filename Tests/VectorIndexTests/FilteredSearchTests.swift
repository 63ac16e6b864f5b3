import RowSets
import SeededRandom
import Testing
import VectorIndex

/// Searches of an index under filters that have to do with the vectors.
@Suite struct FilteredSearchTests {
  /// The rows allowed are those nearest to some places: near the query, or far from it.
  @Test(arguments: [Metric.dot, .squaredEuclid])
  func rowsOfATopicAreFoundWhereverTheyAre(_ metric: Metric) throws {
    var random = SeededGenerator(seed: 81)
    let rows = ClusteredRows(
      dimension: 48, clusters: 150, isUnit: metric == .dot, random: &random)
    rows.add(12_000, &random)
    let index = try rows.build(metric)
    var found = 0
    var wanted = 0
    for round in 0..<60 {
      let topic = rows.randomRow(&random)
      let share = [0.3, 0.1, 0.04][round % 3]
      let scores = rows.rows.map { VectorMath.score(metric, topic, $0) }
      let bound = scores.sorted(by: >)[Int(share * Double(scores.count))]
      let near = scores.indices.filter { scores[$0] > bound }.map { UInt32($0) }
      let allowed = RowSet(near).mask(below: UInt32(scores.count))
      let vector = round.isMultiple(of: 2) ? topic : rows.randomRow(&random)
      let query = SearchQuery(vector: vector, limit: 10, allowed: allowed)
      let hits = try rows.search(index, [query], .recall(0.98))[0]
      let truth = try rows.exact(metric, [query])[0]
      #expect(hits.count == truth.count)
      found += Set(hits.map(\.offset)).intersection(truth.map(\.offset)).count
      wanted += truth.count
    }
    #expect(Double(found) >= 0.95 * Double(wanted), "\(found) of \(wanted)")
  }

  @Test func aFilterThatFewRowsPassIsAnsweredExactly() throws {
    var random = SeededGenerator(seed: 82)
    let rows = ClusteredRows(dimension: 32, clusters: 50, random: &random)
    rows.add(10_000, &random)
    let index = try rows.build(.squaredEuclid)
    for count in [1, 9, 40, 100] {
      let offsets = Set((0..<count).map { _ in UInt32.random(in: 0..<10_000, using: &random) })
      let allowed = RowSet(Array(offsets)).mask(below: 10_000)
      let query = SearchQuery(vector: rows.randomRow(&random), limit: 20, allowed: allowed)
      #expect(
        try rows.search(index, [query], .probes(1)) == rows.exact(.squaredEuclid, [query]))
    }
  }
}

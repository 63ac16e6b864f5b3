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

  /// Those that are in no list yet are scored if they pass, and no others.
  @Test func ofTheNewestRowsThoseThatPassAreScored() throws {
    var random = SeededGenerator(seed: 84)
    let rows = ClusteredRows(dimension: 16, random: &random)
    rows.add(20_000, &random)
    let index = try rows.build(.squaredEuclid)
    rows.add(5_000, &random)
    let count = UInt32(rows.rows.count)
    let allowed = RowSet((0..<count).filter { $0.isMultiple(of: 5) }).mask(below: count)
    let trace = SearchTrace()
    var search = IVFSearch(index.view(), effort: .recall(0.98))
    search.trace = trace
    for newest in stride(from: 20_000, to: 25_000, by: 500) {
      let query = SearchQuery(vector: rows.rows[newest], limit: 10, allowed: allowed)
      let hits = try search.search(
        [query], in: rows.column.view(), visibility: rows.view, shouldStop: { false })[0]
      #expect(hits.first?.offset == UInt32(newest))
      #expect(hits.allSatisfy { $0.offset.isMultiple(of: 5) })
      let look = try #require(trace.take().first)
      #expect(look.probes > 0)
      #expect(look.scored < 2_000, "a thousand of the new ones pass")
    }
  }

  enum Kind: CaseIterable {
    /// Any rows.
    case random
    /// Rows among those nearest to the query.
    case near
    /// Rows among the farther half.
    case far
    /// All but the nearest hundredth, or some of those.
    case allButNearest
  }

  /// Whatever passes a filter, and wherever it lies, what was asked for is found: also where what
  /// is near the query does not pass, and nothing that does is much nearer than the rest.
  @Test(arguments: Kind.allCases, [Metric.dot, .squaredEuclid])
  func whatPassesIsFoundWhereverItLies(_ kind: Kind, _ metric: Metric) throws {
    var random = SeededGenerator(seed: 83)
    let rows = ClusteredRows(
      dimension: 48, clusters: 150, isUnit: metric == .dot, random: &random)
    rows.add(20_000, &random)
    let index = try rows.build(metric)
    let count = rows.rows.count
    for share in [0.5, 0.2, 0.1, 0.03, 0.01, 0.001] {
      var found = 0
      var wanted = 0
      for _ in 0..<50 {
        let vector = rows.randomRow(&random)
        let scores = rows.rows.map { VectorMath.score(metric, vector, $0) }
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        let passing = Int(share * Double(count))
        let pool =
          switch kind {
          case .random: order[...]
          case .near: order[..<min(count, 2 * passing)]
          case .far: order[(count / 2)...]
          case .allButNearest: order[(count / 100)...]
          }
        let allowed = RowSet(pool.shuffled(using: &random).prefix(passing).map { UInt32($0) })
        let query = SearchQuery(
          vector: vector, limit: 10, allowed: allowed.mask(below: UInt32(count)))
        let hits = try rows.search(index, [query], .recall(0.98))[0]
        let truth = try rows.exact(metric, [query])[0]
        found += Set(hits.map(\.offset)).intersection(truth.map(\.offset)).count
        wanted += truth.count
      }
      // Where all but the nearest are crowded, and too many to score them all, the search may end
      // before all lists.
      let least = kind == .allButNearest ? 0.9 : 0.95
      #expect(Double(found) >= least * Double(wanted), "\(share): \(found) of \(wanted)")
    }
  }

  /// Who asks for another recall gets that, also where the rows that pass are far away.
  @Test(arguments: [Metric.dot, .squaredEuclid])
  func eachRecallIsGivenThatIsAskedFor(_ metric: Metric) throws {
    var random = SeededGenerator(seed: 85)
    let rows = ClusteredRows(
      dimension: 48, clusters: 150, isUnit: metric == .dot, random: &random)
    rows.add(20_000, &random)
    let index = try rows.build(metric)
    let efforts = [0.9, 0.95, 0.98]
    var found = [0, 0, 0]
    var (wanted, probed) = (0, 0)
    let trace = SearchTrace()
    for _ in 0..<60 {
      let topic = rows.randomRow(&random)
      let scores = rows.rows.map { VectorMath.score(metric, topic, $0) }
      let bound = scores.sorted(by: >)[4_000]
      let near = scores.indices.filter { scores[$0] > bound }.map { UInt32($0) }
      let query = SearchQuery(
        vector: rows.randomRow(&random), limit: 10,
        allowed: RowSet(near).mask(below: UInt32(scores.count)))
      let truth = Set(try rows.exact(metric, [query])[0].map(\.offset))
      wanted += truth.count
      for (number, recall) in efforts.enumerated() {
        var search = IVFSearch(index.view(), effort: .recall(recall))
        search.trace = trace
        let hits = try search.search(
          [query], in: rows.column.view(), visibility: rows.view, shouldStop: { false })[0]
        probed += trace.take().contains { $0.probes > 0 } ? 1 : 0
        found[number] += truth.intersection(hits.map(\.offset)).count
      }
    }
    for (recall, found) in zip(efforts, found) {
      let least = recall - 0.03
      #expect(Double(found) >= least * Double(wanted), "\(recall): \(found) of \(wanted)")
    }
    #expect(probed > 120, "of 180, or not much was left to chance")
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

import RowSets
import SeededRandom
import Testing
import VectorIndex

/// Searches through lists against exact ones.
@Suite struct IVFIndexTests {
  @Test(arguments: [Metric.dot, .squaredEuclid], [1, 7, 50, 100, 300])
  func allListsWithWideBoundsGiveTheExactAnswer(metric: Metric, dimension: Int) throws {
    var random = SeededGenerator(seed: 61)
    let rows = ClusteredRows(dimension: dimension, random: &random)
    rows.add(3000, &random)
    rows.remove(300, &random)
    let index = try rows.build(metric)
    rows.add(200, &random)
    rows.remove(100, &random)
    for limit in [1, 10, 100] {
      let queries = (0..<10).map { _ in
        SearchQuery(vector: rows.randomRow(&random), limit: limit)
      }
      let search = IVFSearch(
        index.view(), effort: .probes(.max), bounds: ErrorBounds(lower: 100, upper: 100))
      let found = try search.search(
        queries, in: rows.column.view(), visibility: rows.view, shouldStop: { false })
      #expect(try found == rows.exact(metric, queries), "limit \(limit)")
    }
  }

  @Test(arguments: [Metric.dot, .squaredEuclid]) func calibratedRecallIsReached(
    metric: Metric
  ) throws {
    var random = SeededGenerator(seed: 62)
    let rows = ClusteredRows(
      dimension: 96, clusters: 200, isUnit: metric == .dot, random: &random)
    rows.add(12_000, &random)
    let index = try rows.build(metric)
    let statistics = index.statistics()
    #expect(statistics.listCount > 100)
    #expect(statistics.entryCount == 24_000)
    #expect(statistics.calibration.count > 2)
    let view = index.view()
    var last = 0
    for target in [0.8, 0.9, 0.95, 0.98] {
      let probes = view.probes(for: .recall(target))
      #expect(probes >= last)
      last = probes
      let recall = try rows.recall(
        index, metric, effort: .recall(target), queries: 300, &random)
      #expect(recall > target - 0.03, "\(probes) probes for \(target) gave \(recall)")
    }
    #expect(last < statistics.listCount, "a tenth of a second is no excuse for all lists")
    #expect(view.probes(for: .candidates(256)) >= view.probes(for: .candidates(64)))
  }

  /// Queries from between the clusters, whose neighbours are spread over many lists.
  @Test func queriesUnlikeTheRowsAreCalibratedFor() throws {
    var random = SeededGenerator(seed: 63)
    let rows = ClusteredRows(dimension: 64, clusters: 300, random: &random)
    rows.add(12_000, &random)
    let index = try rows.build(.squaredEuclid)
    let before = index.view().probes(for: .recall(0.95))
    let queries = (0..<256).map { _ in random.vector(64) }
    let (known, held) = (queries[..<128], queries[128...])
    let recall = { () in
      let asked = held.map { SearchQuery(vector: $0, limit: 10) }
      let truth = try rows.exact(.squaredEuclid, asked)
      let found = try asked.map { try rows.search(index, [$0], .recall(0.95))[0] }
      let hits = zip(truth, found).reduce(0) { sum, pair in
        sum + Set(pair.0.map(\.offset)).intersection(pair.1.map(\.offset)).count
      }
      return Double(hits) / Double(10 * held.count)
    }
    #expect(try recall() < 0.92, "otherwise nothing is shown")
    try index.recalibrate(
      with: Array(known), rows: rows.column.view(), visibility: rows.view,
      shouldContinue: { _ in true })
    let after = index.view().probes(for: .recall(0.95))
    #expect(after > before)
    #expect(try recall() > 0.93, "\(after) probes instead of \(before)")
    #expect(throws: BuildInterrupted.self) {
      try index.recalibrate(
        with: Array(known), rows: rows.column.view(), visibility: rows.view,
        shouldContinue: { _ in false })
    }
  }

  /// Random histories against a brute-force account: what is found is alive, scored exactly, and
  /// at full effort complete.
  @Test(arguments: 0..<6) func randomHistoriesAgreeWithBruteForce(round: Int) throws {
    var random = SeededGenerator(seed: UInt64(700 + round))
    let metric: Metric = round.isMultiple(of: 2) ? .squaredEuclid : .dot
    let rows = ClusteredRows(dimension: 20 + 13 * round, clusters: 8, random: &random)
    rows.add(1500, &random)
    let index = try rows.build(metric, IVFParameters(listCount: 30, seed: UInt64(round)))
    for _ in 0..<40 {
      switch Int.random(in: 0..<4, using: &random) {
      case 0: rows.add(Int.random(in: 1...200, using: &random), &random)
      case 1: rows.remove(Int.random(in: 1...150, using: &random), &random)
      case 2:
        _ = index.insert(
          from: rows.column.view(), visibility: rows.view,
          limit: Int.random(in: 1...400, using: &random))
      default:
        _ = index.maintain(rows: rows.column.view(), visibility: rows.view)
      }
      let query = SearchQuery(vector: rows.randomRow(&random), limit: 15)
      let hits = try rows.search(index, [query], .probes(3))[0]
      #expect(Set(hits.map(\.offset)).isSubset(of: rows.live))
      #expect(Set(hits.map(\.offset)).count == hits.count, "a row comes once")
      for hit in hits {
        #expect(hit.score == VectorMath.score(metric, query.vector, rows.rows[Int(hit.offset)]))
      }
      let wide = IVFSearch(
        index.view(), effort: .probes(.max), bounds: ErrorBounds(lower: 50, upper: 50))
      let all = try wide.search(
        [query], in: rows.column.view(), visibility: rows.view, shouldStop: { false })
      #expect(try all == rows.exact(metric, [query]))
    }
  }

  @Test func aFreshRowIsFoundAndADeadOneIsNot() throws {
    var random = SeededGenerator(seed: 63)
    let rows = ClusteredRows(dimension: 32, random: &random)
    rows.add(2000, &random)
    let index = try rows.build(.squaredEuclid)
    for _ in 0..<50 {
      rows.add(1, &random)
      let row = UInt32(rows.rows.count - 1)
      let query = SearchQuery(vector: rows.rows[Int(row)], limit: 1)
      #expect(try rows.search(index, [query], .probes(1))[0].first?.offset == row)
      _ = index.insert(from: rows.column.view(), visibility: rows.view, limit: .max)
      #expect(index.view().coveredRows == row + 1)
      #expect(try rows.search(index, [query], .probes(1))[0].first?.offset == row)
    }
    let victim = SearchQuery(vector: rows.rows[7], limit: 1)
    #expect(try rows.search(index, [victim], .probes(4))[0].first?.offset == 7)
    while rows.live.contains(7) { rows.remove(50, &random) }
    #expect(try rows.search(index, [victim], .probes(4))[0].first?.offset != 7)
  }

  @Test func rowsOfACommitUnderWayAreNotPassedOver() throws {
    var random = SeededGenerator(seed: 64)
    let rows = ClusteredRows(dimension: 16, random: &random)
    rows.add(500, &random)
    let index = try rows.build(.squaredEuclid)
    let before = rows.sequence
    rows.add(10, &random)
    // The row count of the new commit together with the sequence of the old one.
    let early = rows.visibility.view(at: before, rowCount: 510)
    #expect(index.insert(from: rows.column.view(), visibility: early, limit: .max) == 0)
    #expect(index.view().coveredRows == 500)
    #expect(index.insert(from: rows.column.view(), visibility: rows.view, limit: .max) == 10)
  }

  @Test func batchesFindWhatSingleQueriesFind() throws {
    var random = SeededGenerator(seed: 65)
    let rows = ClusteredRows(dimension: 64, clusters: 50, random: &random)
    rows.add(6000, &random)
    let index = try rows.build(.squaredEuclid)
    let queries = (0..<20).map { _ in SearchQuery(vector: rows.randomRow(&random), limit: 10) }
    let together = try rows.search(index, queries, .probes(12))
    var same = 0
    for (query, hits) in zip(queries, together) {
      let alone = try rows.search(index, [query], .probes(12))[0]
      same += Set(alone.map(\.offset)).intersection(hits.map(\.offset)).count
      #expect(hits == hits.sorted { $0.ranks(before: $1) })
    }
    // The order of lists decides which bounds are known when; the answers hardly differ.
    #expect(same >= 195, "\(same) of 200")
  }

  @Test func filtersHoldAndKeepTheirRecall() throws {
    var random = SeededGenerator(seed: 66)
    let rows = ClusteredRows(dimension: 64, clusters: 100, random: &random)
    rows.add(10_000, &random)
    let index = try rows.build(.squaredEuclid)
    for share in [0.5, 0.2, 0.05, 0.01, 0.001, 0] {
      let chosen = (0..<10_000 as Range<UInt32>).filter { _ in
        Double.random(in: 0..<1, using: &random) < share
      }
      let allowed = RowSet(chosen).mask(below: 10_000)
      var found = 0
      var wanted = 0
      for _ in 0..<40 {
        let query = SearchQuery(vector: rows.randomRow(&random), limit: 10, allowed: allowed)
        let hits = try rows.search(index, [query], .recall(0.98))[0]
        #expect(hits.allSatisfy { allowed.contains($0.offset) })
        let truth = try rows.exact(.squaredEuclid, [query])[0]
        found += Set(hits.map(\.offset)).intersection(truth.map(\.offset)).count
        wanted += truth.count
      }
      #expect(Double(found) >= 0.95 * Double(wanted), "\(found) of \(wanted) at \(share)")
    }
  }

  @Test func duplicatesAndFewRowsAreNoTrouble() throws {
    var random = SeededGenerator(seed: 69)
    let column = DenseColumn(dimension: 8)
    let visibility = VisibilityTable()
    for offset in UInt32(0)..<600 {
      [Float](repeating: Float(offset % 2), count: 8).withUnsafeBufferPointer {
        column.write($0, at: offset)
      }
      visibility.insert(offset, born: 1)
    }
    let view = visibility.view(at: 1, rowCount: 600)
    let index = try IVFFlatIndex.build(
      metric: .squaredEuclid, parameters: IVFParameters(listCount: 40), rows: column.view(),
      visibility: view, shouldContinue: { _ in true })
    #expect(index.statistics().listCount == 2, "there are two different rows")
    let query = SearchQuery(vector: random.vector(8), limit: 600)
    let hits = try IVFSearch(index.view(), effort: .probes(2)).search(
      [query], in: column.view(), visibility: view, shouldStop: { false })[0]
    #expect(hits.count == 600)
    while index.maintain(rows: column.view(), visibility: view) {}
    #expect(index.statistics().entryCount >= 600)
  }

  @Test(arguments: [Metric.dot, .squaredEuclid]) func equalRowsAreFound(metric: Metric) throws {
    let column = DenseColumn(dimension: 24)
    let visibility = VisibilityTable()
    for offset in UInt32(0)..<2000 {
      [Float](repeating: 0.5, count: 24).withUnsafeBufferPointer { column.write($0, at: offset) }
      visibility.insert(offset, born: 1)
    }
    let view = visibility.view(at: 1, rowCount: 2000)
    let index = try IVFFlatIndex.build(
      metric: metric, parameters: IVFParameters(), rows: column.view(), visibility: view,
      shouldContinue: { _ in true })
    for limit in [1, 3, 50] {
      let query = SearchQuery(vector: [Float](repeating: 1, count: 24), limit: limit)
      let hits = try IVFSearch(index.view(), effort: .recall(0.98)).search(
        [query], in: column.view(), visibility: view, shouldStop: { false })[0]
      #expect(hits.count == limit)
    }
  }

  @Test func buildsAndSearchesStopWhenTold() throws {
    var random = SeededGenerator(seed: 70)
    let rows = ClusteredRows(dimension: 32, random: &random)
    rows.add(5000, &random)
    var calls = 0
    #expect(throws: BuildInterrupted.self) {
      try IVFFlatIndex.build(
        metric: .dot, parameters: IVFParameters(), rows: rows.column.view(),
        visibility: rows.view
      ) { share in
        calls += 1
        #expect(share >= 0 && share <= 1)
        return calls < 30
      }
    }
    #expect(calls == 30)
    let index = try rows.build(.dot)
    #expect(throws: SearchInterrupted.self) {
      try IVFSearch(index.view(), effort: .probes(200)).search(
        [SearchQuery(vector: rows.rows[0], limit: 3)], in: rows.column.view(),
        visibility: rows.view, shouldStop: { true })
    }
  }
}

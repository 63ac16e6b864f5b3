import SeededRandom
import Testing
import VectorIndex

/// An index whose rows come and go.
@Suite struct LivingIndexTests {
  /// Enters what is new and goes once through the lists.
  private func refresh(_ index: IVFFlatIndex, _ rows: ClusteredRows) {
    while index.insert(from: rows.column.view(), visibility: rows.view, limit: 1000) > 0 {}
    while index.maintain(rows: rows.column.view(), visibility: rows.view) {}
  }

  @Test func replacingHalfOfTheRowsKeepsTheRecall() throws {
    var random = SeededGenerator(seed: 81)
    let rows = ClusteredRows(dimension: 64, clusters: 150, random: &random)
    rows.add(10_000, &random)
    let index = try rows.build(.squaredEuclid)
    for _ in 0..<10 {
      rows.remove(500, &random)
      rows.add(500, &random)
      refresh(index, rows)
    }
    let (old, new) = try compare(index, toAFreshOneOf: rows)
    #expect(old > new - 0.01, "\(old) after replacing half, \(new) when built anew")
  }

  @Test func tenfoldGrowthKeepsTheRecall() throws {
    var random = SeededGenerator(seed: 84)
    let rows = ClusteredRows(dimension: 64, clusters: 150, random: &random)
    rows.add(2000, &random)
    let index = try rows.build(.squaredEuclid)
    for _ in 0..<18 {
      rows.add(1000, &random)
      refresh(index, rows)
    }
    let (old, new) = try compare(index, toAFreshOneOf: rows)
    #expect(old > new - 0.01, "\(old) after growing tenfold, \(new) when built anew")
  }

  /// The recall of an index and of one built from the same rows, with the same probes and queries.
  private func compare(
    _ index: IVFFlatIndex, toAFreshOneOf rows: ClusteredRows
  ) throws -> (old: Double, new: Double) {
    let fresh = try rows.build(.squaredEuclid)
    var (old, new) = (0.0, 0.0)
    for round in 0..<4 {
      var same = SeededGenerator(seed: UInt64(900 + round))
      old += try rows.recall(index, .squaredEuclid, effort: .probes(16), &same) / 4
      var again = SeededGenerator(seed: UInt64(900 + round))
      new += try rows.recall(fresh, .squaredEuclid, effort: .probes(16), &again) / 4
    }
    return (old, new)
  }

  @Test func listsAreSplitAsTheyGrow() throws {
    var random = SeededGenerator(seed: 82)
    let rows = ClusteredRows(dimension: 48, clusters: 100, random: &random)
    rows.add(2000, &random)
    let index = try rows.build(.squaredEuclid)
    let before = index.statistics().listCount
    // Far more rows around few of the old ones: lists there grow long.
    let center = rows.rows[3]
    let crowd = Crowd(rows, around: center)
    crowd.add(6000, &random)
    for _ in 0..<6 { refresh(index, rows) }
    #expect(index.statistics().listCount > before)
    #expect(index.view().coveredRows == 8000)
    let query = SearchQuery(vector: center, limit: 20)
    let wide = IVFSearch(
      index.view(), effort: .probes(.max), bounds: ErrorBounds(lower: 50, upper: 50))
    #expect(
      try wide.search(
        [query], in: rows.column.view(), visibility: rows.view, shouldStop: { false })
        == rows.exact(.squaredEuclid, [query]), "no row is lost in a split")
  }

  @Test func listsAreMergedAndRewrittenAsRowsGo() throws {
    var random = SeededGenerator(seed: 83)
    let rows = ClusteredRows(dimension: 48, clusters: 100, random: &random)
    rows.add(6000, &random)
    let index = try rows.build(.squaredEuclid)
    let before = index.statistics()
    rows.remove(4500, &random)
    for _ in 0..<4 { refresh(index, rows) }
    let after = index.statistics()
    #expect(after.entryCount < before.entryCount / 2, "entries of dead rows are let go")
    #expect(after.memory.codes < before.memory.codes)
    for _ in 0..<10 {
      let query = SearchQuery(vector: rows.randomRow(&random), limit: 10)
      let wide = IVFSearch(
        index.view(), effort: .probes(.max), bounds: ErrorBounds(lower: 50, upper: 50))
      #expect(
        try wide.search(
          [query], in: rows.column.view(), visibility: rows.view, shouldStop: { false })
          == rows.exact(.squaredEuclid, [query]))
    }
  }

  /// A search waits for memory at the beginning of every part.
  @Test func rowsThatCameLaterComeToLieInOnePiece() throws {
    var random = SeededGenerator(seed: 87)
    let rows = ClusteredRows(dimension: 48, clusters: 100, random: &random)
    rows.add(6000, &random)
    let index = try rows.build(.squaredEuclid)
    let built = index.statistics()
    #expect(built.partCount == built.listCount)
    for _ in 0..<4 {
      rows.add(200, &random)
      while index.insert(from: rows.column.view(), visibility: rows.view, limit: 50) > 0 {}
    }
    rows.remove(300, &random)
    let grown = index.statistics()
    #expect(grown.partCount > 3 * grown.listCount / 2)
    let queries = (0..<50).map { _ in SearchQuery(vector: rows.randomRow(&random), limit: 10) }
    let all = { (view: IVFIndexView) in
      try IVFSearch(view, effort: .probes(.max), bounds: ErrorBounds(lower: 50, upper: 50)).search(
        queries, in: rows.column.view(), visibility: rows.view, shouldStop: { false })
    }
    let (before, earlier) = (index.view(), try all(index.view()))
    while index.maintain(rows: rows.column.view(), visibility: rows.view) {}
    let packed = index.statistics()
    #expect(packed.partCount == packed.listCount)
    #expect(packed.entryCount == 2 * rows.live.count, "dead rows are let go")
    #expect(packed.memory.codes < grown.memory.codes)
    #expect(packed.coveredRows == grown.coveredRows)
    let truth = try rows.exact(.squaredEuclid, queries)
    #expect(try all(index.view()) == truth)
    #expect(try all(before) == earlier && earlier == truth)
    // What comes later is entered behind what was packed, and a few more parts are left so.
    rows.add(5, &random)
    while index.insert(from: rows.column.view(), visibility: rows.view, limit: 50) > 0 {}
    while index.maintain(rows: rows.column.view(), visibility: rows.view) {}
    #expect(index.statistics().partCount > packed.partCount)
    #expect(try all(index.view()) == rows.exact(.squaredEuclid, queries))
  }

  /// A view taken before a change answers as before it, whatever is done to the lists meanwhile.
  @Test func anOldViewDoesNotChange() throws {
    var random = SeededGenerator(seed: 84)
    let rows = ClusteredRows(dimension: 32, clusters: 30, random: &random)
    rows.add(3000, &random)
    let index = try rows.build(.squaredEuclid)
    let (view, columns, visible) = (index.view(), rows.column.view(), rows.view)
    let queries = (0..<20).map { _ in SearchQuery(vector: rows.randomRow(&random), limit: 10) }
    let answer = {
      try IVFSearch(view, effort: .probes(10)).search(
        queries, in: columns, visibility: visible, shouldStop: { false })
    }
    let before = try answer()
    for _ in 0..<10 {
      rows.add(400, &random)
      rows.remove(500, &random)
      refresh(index, rows)
    }
    #expect(try answer() == before)
  }

  @Test func readersWriterIndexerAndBuilderAtOnce() async throws {
    var random = SeededGenerator(seed: 85)
    let rows = ClusteredRows(dimension: 24, clusters: 20, random: &random)
    rows.add(2000, &random)
    let shared = SharedRows(rows, index: try rows.build(.squaredEuclid))
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        var random = SeededGenerator(seed: 86)
        for _ in 0..<150 {
          shared.commit(&random)
          await Task.yield()
        }
        shared.finish()
      }
      group.addTask {
        while !shared.isFinished {
          shared.maintain()
          await Task.yield()
        }
      }
      group.addTask {
        var random = SeededGenerator(seed: 88)
        while !shared.isFinished {
          shared.rebuild(&random)
          await Task.yield()
        }
      }
      for reader in 0..<2 {
        group.addTask {
          var random = SeededGenerator(seed: UInt64(870 + reader))
          while !shared.isFinished {
            shared.check(&random)
            await Task.yield()
          }
        }
      }
    }
    #expect(shared.checks > 0)
  }
}

/// Rows that crowd around one vector.
private struct Crowd {
  private let rows: ClusteredRows
  private let center: [Float]

  init(_ rows: ClusteredRows, around center: [Float]) {
    self.rows = rows
    self.center = center
  }

  func add(_ count: Int, _ random: inout SeededGenerator) {
    rows.add(count, &random) { random in
      zip(center, random.vector(center.count)).map { $0 + 0.3 * $1 }
    }
  }
}

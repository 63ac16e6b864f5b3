import CVectorKernels
import RowSets
import SeededRandom
import Testing
import VectorIndex

/// Sums of greatest similarities, against plain loops.
@Suite struct MaxSimTests {
  /// The score and the sum of the magnitudes that it is made of.
  private static func naive(
    _ metric: Metric, _ query: [Float], _ row: [Float], dimension: Int
  ) -> (score: Double, magnitude: Double) {
    var total = (score: 0.0, magnitude: 0.0)
    for a in stride(from: 0, to: query.count, by: dimension) {
      var best = (score: -Double.infinity, magnitude: 0.0)
      for b in stride(from: 0, to: row.count, by: dimension) {
        let found = ScorerTests.naive(
          metric, Array(query[a..<a + dimension]), Array(row[b..<b + dimension]))
        best.magnitude = max(best.magnitude, found.magnitude)
        best.score = max(best.score, found.score)
      }
      total.score += best.score
      total.magnitude += best.magnitude
    }
    return total
  }

  private static func vectors(
    _ count: Int, _ dimension: Int, _ element: ElementType, _ random: inout SeededGenerator
  ) -> [Float] {
    (0..<count).flatMap { _ in ScorerTests.vector(dimension, element, &random) }
  }

  @Test(arguments: ElementType.ofNumbers, Metric.allCases)
  func agreesWithPlainLoops(_ element: ElementType, _ metric: Metric) {
    var random = SeededGenerator(seed: 161)
    for (dimension, tokens) in [(1, 1), (3, 2), (16, 5), (33, 17), (96, 32), (128, 40)] {
      let column = MultiColumn(dimension: dimension, element: element)
      let counts = [1, 2, 3, 4, 5, 11, 12, 13, 0, 24, 31, 50, 100]
      var rows: [UInt32: [Float]] = [:]
      for (offset, count) in counts.enumerated() where count > 0 {
        let row = Self.vectors(count, dimension, element, &random)
        column.write(row, at: UInt32(offset))
        rows[UInt32(offset)] = row.map { ScorerTests.kept($0, as: element) }
      }
      let query = Self.vectors(tokens, dimension, element, &random)
      let asked = query.map { ScorerTests.kept($0, as: element) }
      let scorer = column.view().scorer(for: query, metric: metric)
      var side = [Float](repeating: .nan, count: counts.count)
      let isThere = side.withUnsafeMutableBufferPointer {
        scorer.score(0..<UInt32(counts.count), into: $0)
      }
      #expect(isThere)
      #expect(side[8] == -.infinity)
      let order = (0..<UInt32(counts.count)).shuffled(using: &random)
      for (offset, found) in zip(order, scorer.scores(at: order)) {
        #expect((found == nil) == (rows[offset] == nil))
        guard let row = rows[offset], let found else { continue }
        #expect(found == side[Int(offset)])
        let expected = Self.naive(metric, asked, row, dimension: dimension)
        #expect(
          abs(Double(found) - expected.score) <= KernelTests.relativeError * expected.magnitude,
          "\(element) \(metric) d=\(dimension) t=\(tokens): \(found), \(expected.score)")
      }
    }
  }

  /// Every kernel set gives what the reference gives, with factors and without.
  @Test(arguments: KernelVariant.allCases.filter(\.isSupported))
  func kernelSetsAgree(_ variant: KernelVariant) {
    var random = SeededGenerator(seed: 162)
    for (tokens, rows, dimension) in [(1, 1, 1), (16, 12, 5), (17, 7, 64), (33, 29, 100)] {
      let panels = vk_query_panels(tokens)
      let query = random.vector(tokens * dimension)
      var packed = [Float](repeating: 0, count: vk_panels(tokens) * 16 * dimension)
      vk_pack(query, tokens, dimension, &packed)
      let vectors = random.vector(rows * dimension)
      let factors = random.vector(rows)
      let addends = random.vector(rows)
      for metric in [VK_DOT, VK_SQUARED_L2, VK_L1] {
        for scaled in [false, true] {
          let found = [variant, .scalar].map { variant in
            var best = [Float](repeating: -.infinity, count: 16 * panels)
            vk_max_similarity(
              vk_select(variant.name).variant, metric, vectors, rows, dimension, packed, panels,
              scaled ? factors : nil, scaled ? addends : nil, vectors, 4 * rows * dimension,
              &best)
            return best
          }
          for (a, b) in zip(found[0], found[1]).prefix(tokens) {
            #expect(abs(a - b) < 2e-5 * Float(dimension), "\(variant) \(metric)")
          }
        }
      }
    }
  }

  /// A scan finds what brute force finds: visible rows only, allowed rows only, from a minimum on.
  @Test(arguments: Metric.allCases)
  func aScanFindsWhatBruteForceFinds(_ metric: Metric) throws {
    var random = SeededGenerator(seed: 163)
    let column = MultiColumn(dimension: 8)
    let table = VisibilityTable()
    var rows: [[Float]?] = []
    let rowCount: UInt32 = 900
    for offset in 0..<rowCount {
      let count = Int.random(in: 0...9, using: &random)
      let row = (0..<count).flatMap { _ in random.coarseVector(8) }
      if count > 0 { column.write(row, at: offset) }
      table.insert(offset, born: 1)
      if offset % 11 == 5 { table.remove(offset, died: 2) }
      rows.append(count > 0 && offset % 11 != 5 ? row : nil)
    }
    let visibility = table.view(at: 2, rowCount: rowCount)
    for share in [nil, 0, 5, 60] as [Int?] {
      let allowed = share.map { share in
        let chosen = (0..<rowCount).filter { _ in Int.random(in: 0..<100, using: &random) < share }
        return RowSet(chosen).mask(below: rowCount)
      }
      let query = (0..<6).flatMap { _ in random.coarseVector(8) }
      var expected: [Neighbor] = []
      for case (let offset, let row?) in zip(0..<rowCount, rows)
      where allowed?.contains(offset) ?? true {
        let score = Self.naive(metric, query, row, dimension: 8).score
        expected.append(Neighbor(offset: offset, score: Float(score)))
      }
      expected.sort { $0.ranks(before: $1) }
      let scorer = column.view().scorer(for: query, metric: metric)
      let minimum = expected.isEmpty ? nil : expected[expected.count / 2].score
      let found = try ExactScan.nearest(
        [
          ScorerQuery(scorer, limit: 20, allowed: allowed),
          ScorerQuery(scorer, limit: 1000, minimumScore: minimum, allowed: allowed),
          ScorerQuery(scorer, limit: 0, allowed: allowed),
        ], visibility: visibility, shouldStop: { false })
      #expect(found[2].isEmpty)
      if metric == .cosine {
        #expect(found[0].count == min(20, expected.count))
        for (a, b) in zip(found[0], expected) { #expect(abs(a.score - b.score) < 1e-5) }
      } else {
        #expect(found[0] == Array(expected.prefix(20)))
        #expect(found[1] == expected.filter { $0.score >= minimum ?? 0 })
      }
    }
  }

  @Test func aScanStopsWhenAskedTo() {
    let column = MultiColumn(dimension: 2)
    let table = VisibilityTable()
    column.write([1, 2, 3, 4], at: 0)
    table.insert(0, born: 1)
    let scorer = column.view().scorer(for: [1, 1], metric: .dot)
    #expect(throws: SearchInterrupted()) {
      try ExactScan.nearest(
        [ScorerQuery(scorer, limit: 1)], visibility: table.view(at: 1, rowCount: 1),
        shouldStop: { true })
    }
  }
}

import RowSets
import SeededRandom
import Testing
import VectorIndex

/// Neighbours that are found by products in tiles are those that a scan finds, bit for bit.
@Suite struct TiledScanTests {
  private static let limit = 11

  private static func tiled(
    _ rows: ClusteredRows, _ metric: Metric, _ queries: [SearchQuery]
  ) throws -> [[Neighbor]?] {
    try TiledScan(metric: metric, rows: rows.column.view(), visibility: rows.view).search(
      queries, shouldStop: { false })
  }

  @Test(arguments: [Metric.dot, .squaredEuclid, .cosine], ElementType.ofNumbers)
  func findsWhatAScanFinds(_ metric: Metric, _ element: ElementType) throws {
    var random = SeededGenerator(seed: 301)
    let rows = ClusteredRows(dimension: 50, element: element, random: &random)
    rows.add(3_000, &random)
    rows.remove(400, &random)
    let some = RowSet((0..<3_000).filter { _ in Bool.random(using: &random) }.map { UInt32($0) })
    for allowed in [nil, some.mask(below: 3_000), RowSet([5, 7]).mask(below: 3_000)] {
      let queries = (0..<40).map { _ in
        SearchQuery(vector: rows.randomRow(&random), limit: Self.limit, allowed: allowed)
      }
      let exact: [[Neighbor]?] = try rows.exact(metric, queries)
      #expect(try Self.tiled(rows, metric, queries) == exact)
    }
  }

  /// Rows of many lengths, the longest last: what was passed over before stays so.
  @Test(arguments: [Metric.dot, .squaredEuclid])
  func lengthsMayGrow(_ metric: Metric) throws {
    var random = SeededGenerator(seed: 302)
    let rows = ClusteredRows(dimension: 24, random: &random)
    var length: Float = 1e-3
    rows.add(3_000, &random) { random in
      length *= 1.005
      return random.vector(24).map { length * $0 }
    }
    let queries = (0..<40).map { number in
      SearchQuery(vector: rows.rows[70 * number], limit: Self.limit)
    }
    for (found, exact) in zip(
      try Self.tiled(rows, metric, queries), try rows.exact(metric, queries))
    {
      #expect(found == nil || found == exact)
    }
  }

  /// Where products can't tell rows apart, or nothing is known of them, they are left to a scan.
  @Test func crowdsAndGreatLengthsAreLeft() throws {
    var random = SeededGenerator(seed: 303)
    let crowd = ClusteredRows(dimension: 16, random: &random)
    crowd.add(3_000, &random) { random in random.vector(16).map { 1_000 + 1e-3 * $0 } }
    let query = SearchQuery(vector: crowd.rows[0], limit: Self.limit)
    #expect(try Self.tiled(crowd, .squaredEuclid, [query]) == [nil])
    let long = ClusteredRows(dimension: 16, random: &random)
    long.add(3_000, &random)
    long.add(1, &random) { _ in [Float](repeating: 1e30, count: 16) }
    #expect(
      try Self.tiled(long, .dot, [SearchQuery(vector: long.rows[0], limit: 3)]) == [nil])
  }

  @Test func itStops() {
    var random = SeededGenerator(seed: 304)
    let rows = ClusteredRows(dimension: 16, random: &random)
    rows.add(3_000, &random)
    var looks = 0
    #expect(throws: SearchInterrupted.self) {
      try TiledScan(metric: .dot, rows: rows.column.view(), visibility: rows.view).search(
        [SearchQuery(vector: rows.rows[0], limit: 3)],
        shouldStop: {
          looks += 1
          return looks == 3
        })
    }
    #expect(looks == 3)
  }
}

import SeededRandom
import Testing
import VectorIndex

/// Queries unlike the rows.
@Suite struct RemoteQueryTests {
  /// Nine of ten rows are nearly another one, so their own neighbours lie much nearer than those
  /// of a query.
  private func copies(
    _ metric: Metric, lists: Int? = nil, _ random: inout SeededGenerator
  ) throws -> (ClusteredRows, IVFFlatIndex) {
    let rows = ClusteredRows(
      dimension: 32, clusters: 200, isUnit: metric == .dot, random: &random)
    rows.add(1_200, &random)
    let originals = rows.rows
    rows.add(10_800, &random) { random in
      let original = originals[Int.random(in: 0..<originals.count, using: &random)]
      var row = zip(original, random.vector(32)).map { $0 + 0.02 * $1 }
      if metric == .dot { VectorMath.normalize(&row) }
      return row
    }
    return (rows, try rows.build(metric, IVFParameters(listCount: lists)))
  }

  /// Among so many lists, too, that their centroids are grouped.
  @Test(arguments: [Metric.dot, .squaredEuclid], [nil, 2_304]) func strangersGetTheRecallAskedFor(
    metric: Metric, lists: Int?
  ) throws {
    var random = SeededGenerator(seed: 141)
    let (rows, index) = try copies(metric, lists: lists, &random)
    for recall in [0.9, 0.95, 0.98] {
      let found = try rows.recall(
        index, metric, effort: .recall(recall), queries: 200, &random)
      #expect(found >= recall - 0.03, "\(metric), \(lists ?? 0), \(recall)")
    }
  }

  /// Queries between rows and what no row is like, so that their neighbours are farther away than
  /// those of any row, find more where more is asked for.
  @Test(arguments: [Metric.dot, .squaredEuclid]) func strangersFindMoreWhereMoreIsAskedFor(
    metric: Metric
  ) throws {
    var random = SeededGenerator(seed: 144)
    let (rows, index) = try copies(metric, &random)
    for weight: Float in [0.3, 0.6, 1] {
      let queries = (0..<200).map { _ in
        var vector = zip(rows.randomRow(&random), random.vector(32)).map { $0 + weight * $1 }
        if metric == .dot { VectorMath.normalize(&vector) }
        return SearchQuery(vector: vector, limit: 10)
      }
      let truth = try rows.exact(metric, queries).map { Set($0.map(\.offset)) }
      var last = 0.0
      for recall in [0.8, 0.9, 0.95, 0.965, 0.975, 0.98] {
        var hits = 0
        for (query, truth) in zip(queries, truth) {
          let found = try rows.search(index, [query], .recall(recall))[0]
          hits += truth.intersection(found.map(\.offset)).count
        }
        let found = Double(hits) / Double(10 * queries.count)
        // Less is found in so few lists that one of them makes the difference.
        if recall >= 0.95 {
          #expect(found >= recall - 0.03, "\(metric), \(weight), \(recall): \(found)")
        }
        #expect(found >= last, "\(metric), \(weight), \(recall): \(found), and \(last) for less")
        last = found
      }
    }
  }

  @Test func aBatchFindsWhatItsQueriesFindAlone() throws {
    var random = SeededGenerator(seed: 142)
    let (rows, index) = try copies(.squaredEuclid, &random)
    let queries = (0..<40).map { _ in
      SearchQuery(vector: rows.randomRow(&random), limit: 10)
    }
    let together = try rows.search(index, queries, .recall(0.98))
    let exact = try rows.exact(.squaredEuclid, queries)
    var found = 0
    for (own, truth) in zip(together, exact) {
      found += Set(own.map(\.offset)).intersection(truth.map(\.offset)).count
    }
    #expect(Double(found) / 400 >= 0.96)
  }

  /// Version 4 does not say how many more lists filters need, version 3 not how many rows are
  /// scored; version 2 has no part on remote rows either.
  @Test(arguments: [UInt8(2), 3, 4]) func anIndexOfAnEarlierVersionIsRead(_ version: UInt8) throws {
    var random = SeededGenerator(seed: 143)
    let (rows, index) = try copies(.squaredEuclid, &random)
    var bytes: [UInt8] = []
    index.serialize { bytes += $0 }
    let word = { (position: Int) in
      bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8 * position, as: UInt64.self) }
    }
    #expect(word(0) == 5)
    let remote = 9 + 3 * Int(word(8))
    let remotePoints = Int(word(remote))
    #expect(remotePoints > 1)
    let scored = remote + 2 + 3 * remotePoints
    let growth = scored + 1
    #expect(word(growth) > 0)
    let first = version == 2 ? remote : version == 3 ? scored : growth
    bytes.removeSubrange(8 * first..<8 * (growth + 1 + 2 * Int(word(growth))))
    bytes[0] = version
    var position = 0
    let copy = try IVFFlatIndex(
      metric: .squaredEuclid, dimension: 32, parameters: IVFParameters(),
      reading: { target in
        target.copyBytes(from: bytes[position..<position + target.count])
        position += target.count
      })
    #expect(position == bytes.count)
    #expect(copy.statistics().calibration == index.statistics().calibration)
    let query = SearchQuery(vector: rows.randomRow(&random), limit: 10)
    #expect(try rows.search(copy, [query], .probes(9)) == rows.search(index, [query], .probes(9)))
  }
}

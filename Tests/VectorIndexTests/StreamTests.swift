import SeededRandom
import Testing
import VectorIndex

/// Rows that come and go in the patterns of the streaming tasks of the big-ann benchmarks: at every
/// checkpoint an index that has lived through them finds what one built of the same rows finds.
@Suite struct StreamTests {
  enum Pattern: CaseIterable {
    /// One cluster after another comes, and half of each goes again.
    case clusters
    /// The oldest rows go as new ones come.
    case slidingWindow
    /// Rows live for a short, a middle or a long time.
    case expiry
    /// Rows are replaced by others of the same cluster.
    case replacementWithin
    /// Rows are replaced by those of other clusters.
    case replacementAcross
    /// The clusters wander.
    case drift
    /// Tenths and halves of all rows are deleted at once.
    case bulkDeletes
  }

  @Test(arguments: Pattern.allCases) func aLivingIndexFindsWhatAFreshOneFinds(
    _ pattern: Pattern
  ) throws {
    var stream = Stream(pattern)
    var index = try stream.rows.build(.squaredEuclid)
    for step in 1...Stream.steps {
      stream.advance(step)
      let rows = stream.rows
      while index.insert(from: rows.column.view(), visibility: rows.view, limit: 1000) > 0 {}
      while index.maintain(rows: rows.column.view(), visibility: rows.view) {}
      // As the indexer does.
      if rows.live.count >= 4 * index.trainedRows { index = try rows.build(.squaredEuclid) }
      guard step % 4 == 0 else { continue }
      let fresh = try rows.build(.squaredEuclid)
      let queries = stream.queries()
      let (entries, recall) = try stream.recall(index, effort: .probes(16), queries)
      var reached = 0.0
      for probes in [10, 12, 14, 16, 19, 22, 26] {
        let other = try stream.recall(fresh, effort: .probes(probes), queries)
        if other.entries <= entries { reached = max(reached, other.recall) }
      }
      #expect(
        recall >= reached - 0.01,
        "\(pattern), step \(step): \(recall), built anew \(reached)")
    }
  }

  /// An index that is calibrated when many rows have changed finds what it is asked for.
  @Test(arguments: Pattern.allCases) func theRecallThatIsAskedForIsFound(
    _ pattern: Pattern
  ) throws {
    var stream = Stream(pattern)
    var index = try stream.rows.build(.squaredEuclid)
    #expect(!index.isCalibrationOld)
    for step in 1...Stream.steps {
      stream.advance(step)
      let rows = stream.rows
      while index.insert(from: rows.column.view(), visibility: rows.view, limit: 1000) > 0 {}
      while index.maintain(rows: rows.column.view(), visibility: rows.view) {}
      if rows.live.count >= 4 * index.trainedRows { index = try rows.build(.squaredEuclid) }
      if index.isCalibrationOld {
        try index.recalibrate(
          rows: rows.column.view(), visibility: rows.view, shouldContinue: { _ in true })
        #expect(!index.isCalibrationOld)
      }
      guard step % 4 == 0 else { continue }
      let (_, recall) = try stream.recall(index, effort: .recall(0.98), stream.queries())
      #expect(recall >= 0.95, "\(pattern), step \(step): \(recall)")
    }
  }
}

/// A collection that goes through one pattern.
private struct Stream {
  static let steps = 12
  private static let dimension = 32
  private static let clusterCount = 60

  let rows: ClusteredRows
  private let pattern: StreamTests.Pattern
  private var random = SeededGenerator(seed: 151)
  private var centers: [[Float]]
  /// The cluster of each row, by offset.
  private var clusters: [Int] = []

  init(_ pattern: StreamTests.Pattern) {
    self.pattern = pattern
    var random = SeededGenerator(seed: 150)
    rows = ClusteredRows(dimension: Self.dimension, random: &random)
    centers = (0..<Self.clusterCount).map { _ in random.vector(Self.dimension) }
    let first = pattern == .clusters ? 0..<10 : 0..<Self.clusterCount
    add(pattern == .clusters ? 1_000 : 4_000, of: first)
  }

  mutating func advance(_ step: Int) {
    let all = 0..<Self.clusterCount
    switch pattern {
    case .clusters:
      let first = 10 + 4 * (step - 1)
      add(800, of: first..<first + 4)
      remove(200) { $0 < rows.rows.count - 800 }
    case .slidingWindow:
      add(500, of: all)
      remove(500) { _ in true }
    case .expiry:
      add(600, of: all)
      let count = rows.rows.count
      remove(300) { $0 % 3 == 0 && $0 < count - 600 }
      remove(150) { $0 % 3 == 1 && $0 < count - 1_800 }
    case .replacementWithin, .replacementAcross:
      let shift = pattern == .replacementAcross ? 7 : 0
      let victims = Array(rows.live.sorted().shuffled(using: &random).prefix(400))
      for victim in victims { rows.remove(victim) }
      for victim in victims {
        let cluster = (clusters[Int(victim)] + shift) % Self.clusterCount
        add(1, of: cluster..<cluster + 1)
      }
    case .drift:
      centers = centers.map { center in
        zip(center, random.vector(Self.dimension)).map { $0 + 0.25 * $1 }
      }
      add(500, of: all)
      remove(500) { _ in true }
    case .bulkDeletes:
      if step % 3 == 0 {
        let share = [0.1, 0.5][step / 3 % 2]
        rows.remove(Int(share * Double(rows.live.count)), &random)
      } else {
        add(700, of: all)
      }
    }
  }

  private mutating func add(_ count: Int, of range: Range<Int>) {
    var made: [[Float]] = []
    for _ in 0..<count {
      let cluster = Int.random(in: range, using: &random)
      clusters.append(cluster)
      made.append(zip(centers[cluster], random.vector(Self.dimension)).map { $0 + 0.5 * $1 })
    }
    var next = made.makeIterator()
    rows.add(count, &random) { _ in next.next() ?? [] }
  }

  /// Removes the oldest rows that are `meant`.
  private func remove(_ count: Int, _ meant: (Int) -> Bool) {
    for victim in rows.live.sorted().filter({ meant(Int($0)) }).prefix(count) {
      rows.remove(victim)
    }
  }

  /// Live rows, moved a little.
  mutating func queries() -> [SearchQuery] {
    let live = rows.live.sorted()
    return (0..<150).map { _ in
      let row = rows.rows[Int(live[Int.random(in: 0..<live.count, using: &random)])]
      return SearchQuery(
        vector: zip(row, random.vector(Self.dimension)).map { $0 + 0.2 * $1 }, limit: 10)
    }
  }

  func recall(
    _ index: IVFFlatIndex, effort: SearchEffort, _ queries: [SearchQuery]
  ) throws -> (entries: Int, recall: Double) {
    let trace = SearchTrace()
    var search = IVFSearch(index.view(), effort: effort)
    search.trace = trace
    let truth = try rows.exact(.squaredEuclid, queries)
    var found = 0
    for (query, neighbors) in zip(queries, truth) {
      let hits = try search.search(
        [query], in: rows.column.view(), visibility: rows.view, shouldStop: { false })[0]
      found += Set(hits.map(\.offset)).intersection(neighbors.map(\.offset)).count
    }
    let entries = trace.take().reduce(0) { $0 + $1.entries }
    return (entries, Double(found) / Double(truth.reduce(0) { $0 + $1.count }))
  }
}

import VectorIndex

/// Ranks rows by examples through an index: lists of the rows nearest to some vectors are made ever
/// longer, and rows take their places as soon as none that is in no list can score better.
///
/// The lengths of the lists do not depend on how many rows are wanted, so that pages are slices of
/// one ranking. A row that a list missed and a longer one has is left out, or comes at the end.
struct ExampleRanking {
  let seeds: ExampleSeeds

  /// Rows in the first lists, and how many times as many the next ones have.
  static let firstLength = 256
  static let growth = 4

  /// The ranking, with its first `count` rows at least.
  ///
  /// - Parameters:
  ///   - known: a beginning of it that was given out before.
  ///   - nearest: the rows nearest to each of the seeds, so many; `nil` when to score all rows
  ///     costs less.
  ///   - scores: the scores of rows.
  ///   - exact: so many of the best of all rows, scored one by one.
  func first(
    _ count: Int, after known: RankingMemory.Ranking? = nil,
    nearest: (Int) throws(CollectionError) -> [[Neighbor]]?,
    scores: ([UInt32]) throws(CollectionError) -> [Float],
    exact: (Int) throws(CollectionError) -> [Neighbor]
  ) throws(CollectionError) -> RankingMemory.Ranking {
    if let known, known.isComplete { return known }
    var ranking = Ranking(known?.rows ?? [])
    var length = Self.firstLength
    while ranking.rows.count < count {
      guard let lists = try nearest(length) else {
        ranking.append(try exact(count.addingSaturating(ranking.rows.count)), downTo: -.infinity)
        let all = ranking.closed
        return RankingMemory.Ranking(rows: all, isComplete: all.count < count)
      }
      // A list that ends early has all rows.
      let isComplete = lists.contains { $0.count < length }
      let bound = isComplete ? -.infinity : seeds.bound(lists.map { $0.last?.score ?? -.infinity })
      let rows = Set(lists.joined().map(\.offset)).sorted()
      ranking.append(
        zip(rows, try scores(rows)).map { Neighbor(offset: $0, score: $1) }
          .sorted { $0.ranks(before: $1) }, downTo: bound)
      if isComplete { return RankingMemory.Ranking(rows: ranking.closed, isComplete: true) }
      length = length.multipliedSaturating(by: Self.growth)
    }
    return RankingMemory.Ranking(rows: ranking.rows, isComplete: false)
  }

  /// Rows in their final places.
  private struct Ranking {
    private(set) var rows: [Neighbor] = []
    private var known: Set<UInt32> = []
    private var missed: [UInt32: Neighbor] = [:]

    init(_ rows: [Neighbor]) {
      self.rows = rows
      known = Set(rows.map(\.offset))
    }

    /// Appends those of `found`, which are in order, that nothing unknown can score better than.
    mutating func append(_ found: [Neighbor], downTo bound: Float) {
      let last = rows.last
      for neighbor in found.prefix(while: { $0.score >= bound }) {
        if known.contains(neighbor.offset) { continue }
        // Where many score the same, longer lists have more of them.
        if let last, last.score < neighbor.score {
          missed[neighbor.offset] = neighbor
        } else {
          rows.append(neighbor)
          known.insert(neighbor.offset)
        }
      }
    }

    /// All rows.
    var closed: [Neighbor] {
      let late = missed.values.filter { !known.contains($0.offset) }
        .sorted { $0.ranks(before: $1) }
      return rows + late
    }
  }
}

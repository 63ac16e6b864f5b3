import RowSets

/// One query on its way through an index: its lookup table, what it has found, and how near a row
/// must be to matter. Used by one thread.
///
/// Distances in here are "lower is nearer".
final class SearchLane {
  let query: SearchQuery
  /// The rows that the query may find, if not all, with a bit for each.
  let allowed: RowMask?
  /// The query's vector in the form of rows in lists.
  private let vector: [Float]
  /// Scores the rows that are looked at exactly.
  let scorer: any Scorer
  /// How far estimates may be off.
  var errors: ErrorBounds
  /// Neighbours wanted.
  let limit: Int
  let squaredLength: Float
  let table: CodeTable
  /// What is used again by a later query.
  let scratch: SearchScratch
  /// The lists to look at, nearest first.
  var probes: [Probe] = []
  /// What was looked at before ``probes``.
  var earlierProbes: [Probe] = []
  /// What a selection of more lists goes on from.
  var ranked: RankedLists?
  /// Rows that were scored exactly.
  var scoredCount = 0
  /// Rows that were among the nearest when they were met, as far as estimates tell.
  private(set) var metCount = 0
  private let candidates: CandidateQueue
  private let bounds: BoundHeap
  /// Rows whose bounds were taken, since a row may have two entries.
  private let bounded: SeenRows
  private let distanceLimit: Float
  /// How far the last row is that was found, once that is known exactly.
  private var settled: Float?

  init(
    _ query: SearchQuery, vector: [Float], limit: Int, scorer: any Scorer, errors: ErrorBounds,
    quantizer: CoarseQuantizer
  ) {
    self.query = query
    allowed = query.allowed?.asBits
    self.vector = vector
    self.scorer = scorer
    self.errors = errors
    self.limit = limit
    self.squaredLength = vector.withUnsafeBufferPointer {
      Float(VectorMath.squaredLength($0))
    }
    scratch = SearchScratch.lend()
    table = CodeTable(
      vector, rotation: quantizer.rotation, layout: quantizer.layout, in: scratch.table)
    candidates = scratch.candidates
    candidates.clear()
    bounds = scratch.bounds
    bounds.clear(capacity: limit)
    bounded = scratch.bounded
    bounded.clear()
    // A row at the minimum itself may be returned.
    self.distanceLimit = query.minimumScore.map { (-$0).nextUp } ?? .infinity
  }

  deinit { SearchScratch.giveBack(scratch) }

  /// Whether as many rows as are wanted have been seen, so that the threshold means something.
  var isBounded: Bool { settled ?? bounds.threshold < .infinity }

  /// Rows whose distance is surely no less than this are of no interest.
  var threshold: Float {
    min(settled ?? bounds.threshold, distanceLimit, CodeLayout.unreachable)
  }

  /// Begins to look again, for rows that are nearer than the last of `best`. Where very many rows
  /// are about as far, the lowest estimates are too low for what the others are compared with.
  func lookAgain(nearerThan best: TopK) {
    settled = -best.threshold
    candidates.clear()
  }

  func withQuery<R>(_ body: (UnsafeBufferPointer<Float>) -> R) -> R {
    vector.withUnsafeBufferPointer(body)
  }

  /// Drops the lists that were scanned already.
  func dropProbes(ofListsIn scanned: [Probe]) {
    let lists = scratch.scored
    lists.clear()
    for probe in scanned { _ = lists.insert(UInt32(probe.list)) }
    probes.removeAll { !lists.insert(UInt32($0.list)) }
  }

  /// Takes what a scan let through, entries of allowed rows.
  ///
  /// Whether a row may be seen at all is asked here only for those that lower the threshold; for
  /// the others it can wait until few are left.
  func take(
    _ survivors: ScanScratch, count: Int, rows: UnsafePointer<UInt32>, widening: Float,
    visibility: VisibilityView
  ) {
    let candidates = candidates
    let bounds = bounds
    let settled = settled
    let entries = survivors.entry
    let lowers = survivors.lower
    let estimates = survivors.estimate
    candidates.reserve(count)
    // The threshold falls as the survivors of one scan are taken.
    var bound = settled ?? bounds.threshold
    for index in 0..<count {
      let lower = lowers[index]
      guard lower < bound else { continue }
      let row = rows[Int(entries[index])]
      candidates.append(SortKey.make(ascending: lower, row))
      if settled != nil { continue }
      let estimate = estimates[index]
      let upper = estimate + (estimate - lower) * widening
      if upper < bound, visibility.isVisible(row), bounded.insert(row) {
        bound = bounds.offer(upper)
        metCount += 1
      }
    }
  }

  /// How far the neighbour of a rank is, from 1, as far as the lists tell that were scanned; the
  /// last that is wanted if these are fewer. In the units of vectors for Euclidean distances, else
  /// the negated product with a query of length 1.
  func neighborDistance(rank: Int, _ metric: Metric) -> Float {
    let bound = bounds.bound(rank: min(limit, rank))
    if metric == .squaredEuclid { return max(0, bound).squareRoot() }
    return bound / max(squaredLength.squareRoot(), .leastNormalMagnitude)
  }

  /// Takes rows that nothing is known of: they are scored before all others.
  func take(strays: [UInt32]) {
    candidates.reserve(strays.count)
    for row in strays { candidates.append(SortKey.make(ascending: -.infinity, row)) }
  }

  /// Whether a row may be among the answers.
  func isEligible(_ row: UInt32, _ visibility: VisibilityView) -> Bool {
    if let allowed, !allowed.contains(row) { return false }
    return visibility.isVisible(row)
  }

  /// Entries that were let through, nearest or not.
  var candidateCount: Int { candidates.count }

  /// The entries that can still be among the nearest, by the lower bounds of their distances. A row
  /// may be there twice, and it may not be eligible.
  func sealedCandidates() -> CandidateQueue {
    // Where estimates are exact, the bounds of the nearest are the threshold.
    candidates.seal(upTo: SortKey.make(ascending: threshold, .max))
    return candidates
  }
}

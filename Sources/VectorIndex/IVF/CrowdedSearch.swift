import RowSets

/// What is done where the rows that a query may find are crowded: very many of them about as far
/// away as the nearest, as where a filter leaves out what is near the query.
///
/// Then neither the nearest lists nor estimates tell which of them are the nearest, and it shows:
/// far more rows than usual can't be told from the last that is wanted, or the farther half of the
/// lists still brought a good part of the nearest rows. A query for which that holds is answered in
/// rounds, which look for rows nearer than the last that was found, whose distance is known exactly
/// by then. Where rows were not told apart, the first goes through the same lists again, else
/// through twice as many; each later one goes through two or four times as many. The end is when
/// the farther lists of a round brought nothing, whatever recall is asked for (one of ten that a
/// round brings is seldom the last), or when there are no more. Where few rows are
/// allowed, or most of them are no farther than estimates may be off, all of these are scored
/// instead.
struct CrowdedSearch {
  let generation: IVFGeneration
  let visibility: VisibilityView
  /// Whether every allowed row may be scored instead.
  let mayScoreAll: Bool

  /// So many times as many rows as usual are scored before a query is taken for one among crowded
  /// rows.
  private static let crowd = 4
  /// Rows that an unfiltered query has scored where that was not measured.
  private static let usualUnknown = 48
  /// Lists of a round for each of the one before.
  private static let growth = 2
  private static let growthThinner = 4
  /// Among crowded rows that a round brings nothing may be chance, unless few rows were scored in
  /// it: one in so many of all.
  private static let scoredShare = 8
  /// Of the rows wanted, one in so many may still be found when the search ends.
  private static let lateShare = 50

  /// Scores the candidates of a lane, whose lists were scanned.
  ///
  /// - Returns: the best rows; `nil` if to score every allowed row is better.
  func nearest(
    of lane: SearchLane, _ probes: FilteredProbes, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> TopK? {
    let allowed = lane.allowed?.count ?? 0
    let rerank = Rerank(visibility: visibility)
    var best = TopK(capacity: lane.limit)
    lane.scratch.scored.clear()
    let isToldApart = rerank.add(to: &best, of: lane, most: scoredMax(lane))
    let count = generation.lists.count
    if isToldApart, !probes.isLate(lane) || probes.looked == count { return best }
    lane.earlierProbes += lane.probes
    lane.probes = []
    var first = isToldApart ? probes.looked : 0
    var end = max(1, isToldApart ? min(count, 2 * probes.looked) : probes.looked)
    let scoresAll = mayScoreAll && isExactCheap(allowed, beside: count, 1.5)
    // One more round is tried where it costs far less.
    if scoresAll, !isToldApart || isExactCheap(allowed, beside: end - first, 4) { return nil }
    // Where fewer rows are allowed near the query than elsewhere and these are crowded already,
    // those of the other lists are more so, and most of them would be scored in the end.
    if mayScoreAll, !isToldApart, probes.isThinner { return nil }
    let growth = isToldApart && probes.isThinner ? Self.growthThinner : Self.growth
    while first < count {
      let isFirst = first == 0
      lane.lookAgain(nearerThan: best)
      if isFirst { lane.take(strays: generation.strays) }
      probes.select(from: first, to: end, for: lane)
      let scan = ListScan(generation: generation, visibility: visibility)
      guard scan.runFiltered(lane, shouldStop: shouldStop, isEnough: { _, _ in false }) else {
        throw SearchInterrupted()
      }
      lane.earlierProbes += lane.probes
      // A row out of turn costs as much as two or three one after the other, and has two entries.
      if mayScoreAll, lane.candidateCount * count > allowed * (end - first) { break }
      let before = best
      let scoredBefore = lane.scoredCount
      _ = rerank.add(to: &best, of: lane, most: .max)
      lane.probes = []
      if shouldStop() { throw SearchInterrupted() }
      let isLittle =
        isToldApart || (lane.scoredCount - scoredBefore) * Self.scoredShare <= lane.scoredCount
      if !isFirst, isLittle, gained(best, over: before) <= lane.limit / Self.lateShare {
        return best
      }
      if scoresAll { break }
      first = end
      end = min(count, end * growth)
    }
    lane.probes = []
    return first < count ? nil : best
  }

  private func scoredMax(_ lane: SearchLane) -> Int {
    let usual = max(Self.usualUnknown, generation.calibration.scored ?? 0)
    let neighbors = CalibrationMeasurement.neighbors
    return Self.crowd * usual * max(neighbors, lane.limit) / neighbors
  }

  /// Whether it costs less than `times` as much to score all allowed rows as to go through so many
  /// lists.
  private func isExactCheap(_ allowed: Int, beside lists: Int, _ times: Double) -> Bool {
    let cost = FilterCost(
      dimension: generation.quantizer.layout.dimension,
      share: Double(allowed) / Double(max(1, generation.coveredRows)))
    let listEntries = 2 * Double(generation.coveredRows) / Double(generation.lists.count)
    return cost.exact(rows: allowed) < times * cost.probing(entries: Double(lists) * listEntries)
  }

  private func gained(_ best: TopK, over before: TopK) -> Int {
    let last = before.threshold
    return best.sorted().count { $0.score > last }
      - before.sorted().count { $0.score > last }
  }
}

/// Exact scores for the candidates of a query, nearest possible first, until none can win.
struct Rerank {
  let visibility: VisibilityView

  /// Rows scored before the threshold is looked at again.
  private static let batch = 8
  /// The same where many were scored already, and it hardly falls any more.
  private static let largeBatch = 64
  private static let few = 64
  /// Rows after those that are fetched meanwhile, of files fewer: not all of them are scored.
  private static let ahead = 8
  private static let aheadInFiles = 4

  /// The best of the lane's candidates.
  func nearest(of lane: SearchLane) -> TopK {
    var best = TopK(capacity: lane.limit)
    lane.scratch.scored.clear()
    _ = add(to: &best, of: lane, most: .max)
    return best
  }

  /// Scores candidates that were not scored before, `most` of them, and puts the best into `best`.
  ///
  /// - Returns: whether none is left that could be among the best.
  func add(to best: inout TopK, of lane: SearchLane, most: Int) -> Bool {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.largeBatch) { scores in
      withUnsafeTemporaryAllocation(
        of: UInt64.self, capacity: Self.largeBatch + Self.ahead
      ) { waiting in
        withUnsafeTemporaryAllocation(
          of: UInt32.self, capacity: Self.largeBatch + Self.ahead
        ) { offsets in
          add(to: &best, of: lane, most: most, waiting, offsets, scores)
        }
      }
    }
  }

  private func add(
    to best: inout TopK, of lane: SearchLane, most: Int,
    _ waiting: UnsafeMutableBufferPointer<UInt64>,
    _ offsets: UnsafeMutableBufferPointer<UInt32>,
    _ scores: UnsafeMutableBufferPointer<Float>
  ) -> Bool {
    let queue = lane.sealedCandidates()
    let seen = lane.scratch.scored
    let scoredMax = most == .max ? .max : lane.scoredCount + most
    let scorer = lane.scorer
    let minimum = lane.query.minimumScore ?? -.infinity
    let ahead = scorer is FiledScorer ? Self.aheadInFiles : Self.ahead
    let fewEnd = lane.scoredCount + Self.few
    var count = 0
    while true {
      let batch = lane.scoredCount < fewEnd ? Self.batch : Self.largeBatch
      // Keys order as their bounds do.
      let limit = SortKey.make(ascending: -best.threshold, .max)
      var kept = 0
      for index in 0..<count where waiting[index] < limit {
        waiting[kept] = waiting[index]
        kept += 1
      }
      count = kept
      let isEnough = lane.scoredCount >= scoredMax
      while !isEnough, count < batch + ahead, let key = queue.next(below: limit) {
        let row = UInt32(truncatingIfNeeded: key)
        guard lane.isEligible(row, visibility), seen.insert(row), scorer.contains(row) else {
          continue
        }
        waiting[count] = key
        count += 1
      }
      if count == 0 { return !isEnough || queue.next(below: limit) == nil }
      for index in 0..<count { offsets[index] = UInt32(truncatingIfNeeded: waiting[index]) }
      let scored = min(batch, count)
      lane.scoredCount += scored
      scorer.score(
        at: UnsafeBufferPointer(rebasing: offsets[..<count]), following: count - scored,
        into: scores)
      for index in 0..<scored where scores[index] >= max(best.threshold, minimum) {
        best.offer(offset: offsets[index], score: scores[index])
      }
      for index in scored..<count { waiting[index - scored] = waiting[index] }
      count -= scored
    }
  }
}

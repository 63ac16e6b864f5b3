/// Exact scores for the candidates of a query, nearest possible first, until none can win.
struct Rerank {
  let visibility: VisibilityView

  /// Rows scored before the threshold is looked at again.
  private static let batch = 8
  /// Rows after those that are fetched meanwhile.
  private static let ahead = 4

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
    withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.batch) { scores in
      withUnsafeTemporaryAllocation(
        of: UInt64.self, capacity: Self.batch + Self.ahead
      ) { waiting in
        withUnsafeTemporaryAllocation(
          of: UInt32.self, capacity: Self.batch + Self.ahead
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
    var count = 0
    while true {
      // Keys order as their bounds do.
      let limit = SortKey.make(ascending: -best.threshold, .max)
      while count > 0, waiting[count - 1] >= limit { count -= 1 }
      let isEnough = lane.scoredCount >= scoredMax
      while !isEnough, count < waiting.count, let key = queue.next(below: limit) {
        let row = UInt32(truncatingIfNeeded: key)
        guard lane.isEligible(row, visibility), seen.insert(row), scorer.contains(row) else {
          continue
        }
        waiting[count] = key
        count += 1
      }
      if count == 0 { return !isEnough || queue.next(below: limit) == nil }
      for index in 0..<count { offsets[index] = UInt32(truncatingIfNeeded: waiting[index]) }
      let scored = min(Self.batch, count)
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

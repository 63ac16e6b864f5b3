/// Exact scores for the candidates of a query, nearest possible first, until none can win.
struct Rerank {
  let metric: Metric
  let view: VectorColumnView
  let visibility: VisibilityView

  /// Rows scored before the threshold is looked at again.
  private static let batch = 8
  /// Rows after those that are fetched meanwhile.
  private static let ahead = 4

  /// The best of the lane's candidates.
  func nearest(of lane: SearchLane) -> TopK {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.batch) { scores in
      withUnsafeTemporaryAllocation(
        of: Candidate.self, capacity: Self.batch + Self.ahead
      ) { waiting in
        withUnsafeTemporaryAllocation(
          of: UnsafePointer<Float>.self, capacity: Self.batch + Self.ahead
        ) { addresses in
          withExtendedLifetime(view) {
            nearest(of: lane, waiting, addresses, scores)
          }
        }
      }
    }
  }

  private struct Candidate {
    let key: UInt64
    let address: UnsafePointer<Float>
  }

  private func nearest(
    of lane: SearchLane, _ waiting: UnsafeMutableBufferPointer<Candidate>,
    _ addresses: UnsafeMutableBufferPointer<UnsafePointer<Float>>,
    _ scores: UnsafeMutableBufferPointer<Float>
  ) -> TopK {
    var best = TopK(capacity: lane.limit)
    let queue = lane.sealedCandidates()
    let seen = RowSet(capacity: 64)
    let minimum = lane.query.minimumScore ?? -.infinity
    var count = 0
    while true {
      // Keys order as their bounds do.
      let limit = SortKey.make(ascending: -best.threshold, .max)
      while count > 0, waiting[count - 1].key >= limit { count -= 1 }
      while count < waiting.count, let key = queue.next(below: limit) {
        let row = UInt32(truncatingIfNeeded: key)
        guard lane.isEligible(row, visibility), seen.insert(row),
          let address = view.address(of: row)
        else { continue }
        waiting[count] = Candidate(key: key, address: address)
        count += 1
      }
      if count == 0 { return best }
      for index in 0..<count { addresses[index] = waiting[index].address }
      let scored = min(Self.batch, count)
      lane.withQuery { query in
        Kernels.score(
          metric, query: query, gathering: UnsafeBufferPointer(rebasing: addresses[..<count]),
          following: count - scored, into: scores)
      }
      for index in 0..<scored where scores[index] >= max(best.threshold, minimum) {
        best.offer(
          offset: UInt32(truncatingIfNeeded: waiting[index].key), score: scores[index])
      }
      for index in scored..<count { waiting[index - scored] = waiting[index] }
      count -= scored
    }
  }
}

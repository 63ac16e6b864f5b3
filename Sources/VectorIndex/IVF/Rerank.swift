/// Exact scores for the candidates of a query, nearest possible first, until none can win.
struct Rerank {
  let metric: Metric
  let view: VectorColumnView
  let visibility: VisibilityView

  /// Rows scored before the threshold is looked at again; their memory is fetched side by side.
  private static let batch = 8

  /// The best of the lane's candidates.
  func nearest(of lane: SearchLane) -> TopK {
    var best = TopK(capacity: lane.limit)
    let keys = lane.finalCandidates(visibility)
    let addresses = UnsafeMutableBufferPointer<UnsafePointer<Float>>.allocate(capacity: Self.batch)
    let scores = UnsafeMutableBufferPointer<Float>.allocate(capacity: Self.batch)
    let minimum = lane.query.minimumScore ?? -.infinity
    defer {
      addresses.deallocate()
      scores.deallocate()
    }
    var position = 0
    withExtendedLifetime((view, lane)) {
      while position < keys.count {
        // Keys order as their bounds do.
        if keys[position] >= SortKey.make(ascending: -best.threshold, .max) { break }
        let count = min(Self.batch, keys.count - position)
        var present = 0
        for index in 0..<count {
          let row = UInt32(truncatingIfNeeded: keys[position + index])
          guard let address = view.address(of: row) else { continue }
          addresses[present] = address
          keys[position + present] = keys[position + index]
          present += 1
        }
        lane.withQuery { query in
          Kernels.score(
            metric, query: query,
            gathering: UnsafeBufferPointer(rebasing: addresses[..<present]), into: scores)
        }
        for index in 0..<present where scores[index] >= max(best.threshold, minimum) {
          best.offer(
            offset: UInt32(truncatingIfNeeded: keys[position + index]), score: scores[index])
        }
        position += count
      }
    }
    return best
  }
}

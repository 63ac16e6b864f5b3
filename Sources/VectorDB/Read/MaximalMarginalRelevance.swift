import VectorIndex

/// Picks results that are near the query and unlike each other.
///
/// Follows Carbonell and Goldstein, "The Use of MMR" (SIGIR 1998): each pick maximises
/// `λ·relevance − (1 − λ)·max similarity to what is picked already`, with `λ = 1 − diversity`;
/// similarities are the internal scores of the metric, with the candidate as the query where that
/// makes a difference. Its cost grows with the square of the candidates that are weighed, which are
/// bounded.
struct MaximalMarginalRelevance {
  let diversity: Float
  let view: any FieldView
  /// Candidates that are weighed against each other, at most.
  let candidatesMax: Int
  let flag: CancellationFlag

  /// Candidates scored at once.
  private static let block = 512
  /// Cheap steps that the score of a candidate is worth.
  private static let scoreSteps = 4

  /// The first `count` picks among `candidates`, which come best first and carry their relevance as
  /// score.
  ///
  /// The first `window` candidates are picked from until none is left, then the next `window` by
  /// their likeness to all picks before, and so on: a greater `count` continues the same order.
  /// Candidates beyond the bound follow as they are.
  func select(
    _ count: Int, from candidates: [Neighbor], window: Int
  ) throws(CollectionError) -> [Neighbor] {
    let weighed = candidates.prefix(candidatesMax)
    var picked: [Neighbor] = []
    var pace = WorkPace(flag)
    var start = 0
    while start < weighed.count, picked.count < count {
      let end = min(weighed.count, start.addingSaturating(max(1, window)))
      var pending = Pending(weighed[start..<end])
      for neighbor in picked { try note(neighbor, &pending, &pace) }
      while picked.count < count, let next = best(of: pending, isFirst: picked.isEmpty) {
        let neighbor = pending.remove(at: next)
        picked.append(neighbor)
        try note(neighbor, &pending, &pace)
      }
      start = end
    }
    let rest = candidates.dropFirst(weighed.count).prefix(max(0, count - picked.count))
    return picked + rest
  }

  /// Where the next pick stands; `nil` when none is left.
  private func best(of pending: Pending, isFirst: Bool) -> Int? {
    let lambda = 1 - diversity
    var best: Int?
    var bestScore = -Float.infinity
    for index in pending.neighbors.indices {
      let relevance = pending.neighbors[index].score
      let score =
        isFirst ? relevance : lambda * relevance - (1 - lambda) * pending.nearestPicked[index]
      // Of equal candidates the last is taken, as Qdrant does.
      if score >= bestScore || best == nil {
        best = index
        bestScore = score
      }
    }
    return best
  }

  /// Takes into account that `neighbor` was picked.
  private func note(
    _ neighbor: Neighbor, _ pending: inout Pending, _ pace: inout WorkPace
  ) throws(CollectionError) {
    guard view.isSymmetric else {
      for (index, candidate) in pending.neighbors.enumerated() {
        guard let scorer = view.scorer(likeRow: candidate.offset) else { continue }
        try pace.step(Self.scoreSteps * 16)
        let score = scorer.scores(at: [neighbor.offset])[0] ?? -.infinity
        pending.nearestPicked[index] = max(pending.nearestPicked[index], score)
      }
      return
    }
    guard let scorer = view.scorer(likeRow: neighbor.offset) else { return }
    let offsets = pending.neighbors.map(\.offset)
    for start in stride(from: 0, to: offsets.count, by: Self.block) {
      let end = min(offsets.count, start + Self.block)
      try pace.step((end - start) * Self.scoreSteps)
      let scores = scorer.scores(at: Array(offsets[start..<end]))
      for (index, score) in zip(start..<end, scores) {
        pending.nearestPicked[index] = max(pending.nearestPicked[index], score ?? -.infinity)
      }
    }
  }

  /// Candidates that are not picked.
  private struct Pending {
    private(set) var neighbors: [Neighbor]
    /// The similarity of each to the pick that it is most like.
    var nearestPicked: [Float]

    init(_ candidates: ArraySlice<Neighbor>) {
      neighbors = Array(candidates)
      nearestPicked = [Float](repeating: -.infinity, count: candidates.count)
    }

    mutating func remove(at index: Int) -> Neighbor {
      neighbors.swapAt(index, neighbors.count - 1)
      nearestPicked.swapAt(index, nearestPicked.count - 1)
      nearestPicked.removeLast()
      return neighbors.removeLast()
    }
  }
}

import VectorIndex

/// Picks results that are near the query and unlike each other.
///
/// Follows Carbonell and Goldstein, "The Use of MMR" (SIGIR 1998): each pick maximises
/// `λ·relevance − (1 − λ)·max similarity to what is picked already`, with `λ = 1 − diversity`;
/// similarities are the internal scores of the metric.
struct MaximalMarginalRelevance {
  let diversity: Float
  let metric: Metric

  /// The first `count` picks among `candidates`, which carry their relevance as score.
  func select(
    _ count: Int, from candidates: [Neighbor], in view: DenseColumnView
  ) -> [Neighbor] {
    let lambda = 1 - diversity
    var pending = candidates.compactMap { candidate in
      view.row(candidate.offset).map { Pending(neighbor: candidate, vector: $0) }
    }
    var picked: [Neighbor] = []
    while picked.count < count, !pending.isEmpty {
      var best = 0
      var bestScore = -Float.infinity
      for (index, candidate) in pending.enumerated() {
        let score =
          picked.isEmpty
          ? candidate.neighbor.score
          : lambda * candidate.neighbor.score - (1 - lambda) * candidate.nearestPicked
        // Of equal candidates the last is taken, as Qdrant does.
        if score >= bestScore {
          best = index
          bestScore = score
        }
      }
      let choice = pending[best]
      pending.swapAt(best, pending.count - 1)
      pending.removeLast()
      picked.append(choice.neighbor)
      for index in pending.indices {
        let similarity = VectorMath.score(metric, pending[index].vector, choice.vector)
        pending[index].nearestPicked = max(pending[index].nearestPicked, similarity)
      }
    }
    return picked
  }

  private struct Pending {
    let neighbor: Neighbor
    let vector: [Float]
    var nearestPicked = -Float.infinity
  }
}

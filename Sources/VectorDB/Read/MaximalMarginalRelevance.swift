import VectorIndex

/// Picks results that are near the query and unlike each other.
///
/// Follows Carbonell and Goldstein, "The Use of MMR" (SIGIR 1998): each pick maximises
/// `λ·relevance − (1 − λ)·max similarity to what is picked already`, with `λ = 1 − diversity`;
/// similarities are the internal scores of the metric between the numbers that clients get, with
/// the candidate as the query where that makes a difference. Of bytes, which cannot be normalised,
/// only the query is for cosines, as in Qdrant. Its cost grows with the square of the candidates
/// that are weighed, which are bounded.
struct MaximalMarginalRelevance {
  let diversity: Float
  let view: any FieldView
  /// What results are to be near to, as it was given.
  let query: VectorValue
  /// Candidates that are weighed against each other, at most.
  let candidatesMax: Int
  let flag: CancellationFlag

  /// Candidates scored at once.
  private static let block = 512
  /// Cheap steps that the score of a candidate is worth.
  private static let scoreSteps = 4

  /// The first `count` picks among `candidates`, which come best first.
  ///
  /// The first `window` candidates are picked from until none is left, then the next `window` by
  /// their likeness to all picks before, and so on: a greater `count` continues the same order.
  /// Candidates beyond the bound follow as they are.
  func select(
    _ count: Int, from candidates: [Neighbor], window: Int
  ) throws(CollectionError) -> [Neighbor] {
    let weighed = candidates.prefix(candidatesMax)
    let likeness = Likeness(of: weighed.map(\.offset), in: view)
    let relevance =
      likeness.isThatOfSearches ? weighed.map(\.score) : likeness.relevance(of: query)
    var picked: [Int] = []
    var pace = WorkPace(flag)
    var start = 0
    while start < weighed.count, picked.count < count {
      let end = min(weighed.count, start.addingSaturating(max(1, window)))
      var pending = Pending(start..<end)
      for place in picked { try note(place, in: likeness, &pending, &pace) }
      while picked.count < count,
        let next = best(of: pending, relevance, isFirst: picked.isEmpty)
      {
        let place = pending.remove(at: next)
        picked.append(place)
        try note(place, in: likeness, &pending, &pace)
      }
      start = end
    }
    let rest = candidates.dropFirst(weighed.count).prefix(max(0, count - picked.count))
    return picked.map { weighed[weighed.startIndex + $0] } + rest
  }

  /// Where the next pick stands; `nil` when none is left.
  private func best(of pending: Pending, _ relevance: [Float], isFirst: Bool) -> Int? {
    let lambda = 1 - diversity
    var best: Int?
    var bestScore = -Float.infinity
    for (index, place) in pending.places.enumerated() {
      let relevance = relevance[place]
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

  /// Takes into account that the candidate at `picked` was picked.
  private func note(
    _ picked: Int, in likeness: Likeness, _ pending: inout Pending, _ pace: inout WorkPace
  ) throws(CollectionError) {
    guard likeness.isSymmetric else {
      for (index, place) in pending.places.enumerated() {
        try pace.step(Self.scoreSteps * 16)
        guard let scores = likeness.scores(at: [picked], like: place) else { continue }
        let score = scores[0] ?? -.infinity
        pending.nearestPicked[index] = max(pending.nearestPicked[index], score)
      }
      return
    }
    for start in stride(from: 0, to: pending.places.count, by: Self.block) {
      let end = min(pending.places.count, start + Self.block)
      try pace.step((end - start) * Self.scoreSteps)
      guard let scores = likeness.scores(at: pending.places[start..<end], like: picked) else {
        return
      }
      for (index, score) in zip(start..<end, scores) {
        pending.nearestPicked[index] = max(pending.nearestPicked[index], score ?? -.infinity)
      }
    }
  }

  /// Candidates that are not picked.
  private struct Pending {
    private(set) var places: [Int]
    /// The similarity of each to the pick that it is most like.
    var nearestPicked: [Float]

    init(_ places: Range<Int>) {
      self.places = Array(places)
      nearestPicked = [Float](repeating: -.infinity, count: places.count)
    }

    mutating func remove(at index: Int) -> Int {
      places.swapAt(index, places.count - 1)
      nearestPicked.swapAt(index, nearestPicked.count - 1)
      nearestPicked.removeLast()
      return places.removeLast()
    }
  }
}

import PointModel
import VectorIndex

/// Searches by examples: what they are, and the rows that score best.
struct ExampleSearch {
  let transaction: ReadTransaction
  let slot: VectorSlot

  /// The rows with the best scores.
  func best(
    _ count: Int, for query: Query, filter: Filter?
  ) throws(CollectionError) -> [Neighbor] {
    guard let rule = try rule(for: query) else { return [] }
    let scorer = ExampleScorer(rule: rule, metric: slot.metric)
    var best = TopK(capacity: min(count, Int(transaction.visibility.rowCount)))
    let column = transaction.columns[slot.position]
    var pace = WorkPace(transaction.flag)
    let cost = 16 + query.vectors.count * slot.rowBytes / 32
    let offer = { (offset: UInt32) throws(CollectionError) in
      try pace.step(cost)
      guard let score = column.withRow(offset, { scorer.score($0) }) else { return }
      best.offer(offset: offset, score: score.isNaN ? -.infinity : score)
    }
    if let filter, !filter.isEmpty {
      try transaction.forEachVisible(among: FilterScan(filter, in: transaction).rows(), offer)
    } else {
      try transaction.forEachVisible(offer)
    }
    return best.sorted()
  }

  /// The vector that a recommendation by means searches with.
  func mean(of query: RecommendQuery) throws(CollectionError) -> [Float] {
    guard !query.positive.isEmpty else {
      throw .badRequest("At least one positive vector ID required with this strategy")
    }
    let positive = Self.mean(try vectors(query.positive, normalized: false))
    if query.negative.isEmpty { return positive }
    let negative = Self.mean(try vectors(query.negative, normalized: false))
    return zip(positive, negative).map { $0 + $0 - $1 }
  }

  private func rule(for query: Query) throws(CollectionError) -> ExampleScorer.Rule? {
    switch query {
    case .recommend(let query):
      guard !query.positive.isEmpty || !query.negative.isEmpty else {
        throw .badRequest("At least one positive or negative vector ID required with this strategy")
      }
      let positive = try vectors(query.positive, normalized: true)
      let negative = try vectors(query.negative, normalized: true)
      return query.strategy == .sumScores
        ? .sumScores(positive: positive, negative: negative)
        : .bestScore(positive: positive, negative: negative)
    case .discover(let target, let context):
      return .discover(
        target: try vectors([target], normalized: true)[0], context: try pairs(context))
    case .context(let context): return .context(try pairs(context))
    case .nearest, .mmr, .orderBy, .sample: return nil
    }
  }

  private func pairs(_ context: [ContextPair]) throws(CollectionError) -> [ExampleScorer.Pair] {
    var pairs: [ExampleScorer.Pair] = []
    for pair in context {
      let vectors = try vectors([pair.positive, pair.negative], normalized: true)
      pairs.append(ExampleScorer.Pair(positive: vectors[0], negative: vectors[1]))
    }
    return pairs
  }

  /// The vectors themselves. Means are taken of them as they were given.
  private func vectors(
    _ examples: [QueryVector], normalized: Bool
  ) throws(CollectionError) -> [[Float]] {
    var vectors: [[Float]] = []
    for example in examples {
      var vector = try transaction.vector(example, slot)
      if normalized, slot.distance == .cosine { VectorMath.normalize(&vector) }
      vectors.append(vector)
    }
    return vectors
  }

  private static func mean(_ vectors: [[Float]]) -> [Float] {
    var mean = vectors[0]
    for vector in vectors.dropFirst() {
      for index in mean.indices { mean[index] += vector[index] }
    }
    return mean.map { $0 / Float(vectors.count) }
  }
}

extension ReadTransaction {
  /// A vector of the right dimension, given or that of a stored point.
  func vector(_ vector: QueryVector, _ slot: VectorSlot) throws(CollectionError) -> [Float] {
    switch vector {
    case .point(let id): return try self.vector(of: id, slot)
    case .value(let value):
      return try slot.checked(
        value, context: slot.name.isEmpty ? "query" : "query, vector `\(slot.name)`")
    }
  }

  /// Passes the offset of every row of this commit.
  func forEachVisible(
    _ body: (UInt32) throws(CollectionError) -> Void
  ) throws(CollectionError) {
    var pace = WorkPace(flag)
    for offset in 0..<visibility.rowCount {
      try pace.step()
      if visibility.isVisible(offset) { try body(offset) }
    }
  }

  /// Passes the offset of every row of this commit that is among `rows`.
  func forEachVisible(
    among rows: OffsetBitmap, _ body: (UInt32) throws(CollectionError) -> Void
  ) throws(CollectionError) {
    var pace = WorkPace(flag)
    for offset in rows {
      try pace.step()
      if visibility.isVisible(offset) { try body(offset) }
    }
  }
}

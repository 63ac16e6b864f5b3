import PointModel
import RowSets
import VectorIndex

/// Searches by examples: what they are, and the rows that score best.
struct ExampleSearch {
  let transaction: ReadTransaction
  let view: any FieldView

  /// Rows scored at once.
  private static let block = 256

  /// The rows with the best scores.
  func best(
    _ count: Int, for query: Query, filter: Filter?
  ) throws(CollectionError) -> [Neighbor] {
    guard let rule = try rule(for: query) else { return [] }
    let scorer = ExampleScorer(
      rule: rule,
      examples: try vectors(query.vectors).map {
        view.scorer(for: view.field.prepared(query: $0))
      })
    var best = TopK(capacity: min(count, Int(transaction.visibility.rowCount)))
    var pace = WorkPace(transaction.flag)
    var rows: [UInt32] = []
    func scoreRows() throws(CollectionError) {
      try pace.step(rows.count * (16 + scorer.examples.count * view.field.rowBytes / 32))
      for (offset, score) in zip(rows, scorer.scores(at: rows)) {
        best.offer(offset: offset, score: score)
      }
      rows.removeAll(keepingCapacity: true)
    }
    let take = { (offset: UInt32) throws(CollectionError) in
      if view.contains(offset) { rows.append(offset) }
      if rows.count == Self.block { try scoreRows() }
    }
    if let filter, !filter.isEmpty {
      try transaction.forEachVisible(among: FilterScan(filter, in: transaction).rows(), take)
    } else {
      try transaction.forEachVisible(take)
    }
    try scoreRows()
    return best.sorted()
  }

  /// The vector that a recommendation by means searches with.
  func mean(of query: RecommendQuery) throws(CollectionError) -> VectorValue {
    guard !query.positive.isEmpty else {
      throw .badRequest("At least one positive vector ID required with this strategy")
    }
    return try VectorMean.target(
      positive: try vectors(query.positive), negative: try vectors(query.negative))
  }

  private func rule(for query: Query) throws(CollectionError) -> ExampleScorer.Rule? {
    switch query {
    case .recommend(let query):
      guard !query.positive.isEmpty || !query.negative.isEmpty else {
        throw .badRequest("At least one positive or negative vector ID required with this strategy")
      }
      let positives = query.positive.count
      return query.strategy == .sumScores
        ? .sumScores(positives: positives) : .bestScore(positives: positives)
    case .discover: return .discover
    case .context: return .context
    case .nearest, .mmr, .orderBy, .sample: return nil
    }
  }

  /// The vectors themselves. Means are taken of them as they were given.
  private func vectors(_ examples: [QueryVector]) throws(CollectionError) -> [VectorValue] {
    let resolver = ReferenceResolver(transaction: transaction)
    return try examples.map { (example) throws(CollectionError) in
      try resolver.vector(example, view)
    }
  }
}

extension ReadTransaction {
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
    among rows: RowMask, _ body: (UInt32) throws(CollectionError) -> Void
  ) throws(CollectionError) {
    var pace = WorkPace(flag)
    for offset in rows {
      try pace.step()
      if visibility.isVisible(offset) { try body(offset) }
    }
  }
}

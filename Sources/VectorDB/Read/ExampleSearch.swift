import PointModel
import RowSets
import VectorIndex

/// Queries by vectors, made ready for one field: what they search with or score by, and for those
/// that search with none, the rows that score best.
///
/// Where there is an index it finds rows near to the examples, and the scores of these are exact;
/// otherwise, when it is asked for, and when the best rows are not near to any example, all rows
/// are scored.
struct ExampleSearch {
  let transaction: ReadTransaction
  let view: any FieldView
  let params: SearchParams

  /// Rows scored at once.
  private static let block = 256
  /// Neighbours of all examples of a query that are held at once; beyond that all rows are scored.
  private static let listedNeighborsMax = 4 << 20

  /// The first `count` rows of the ranking by the examples of a query, among `allowed` if it is
  /// given.
  ///
  /// - Parameters:
  ///   - question: what the ranking is kept under.
  ///   - continues: whether to go on with the one that is kept.
  func best(
    _ count: Int, for query: Query, among allowed: RowMask?, _ scans: FilterScans,
    keeping question: RankingQuestion? = nil, continues: Bool = false
  ) throws(CollectionError) -> [Neighbor] {
    guard let rule = try rule(for: query) else { return [] }
    let examples = try vectors(query.vectors).map { vector throws(CollectionError) in
      try prepared(vector)
    }
    let scorer = ExampleScorer(rule: rule, examples: examples.map { view.scorer(for: $0) })
    let count = min(count, Int(transaction.visibility.rowCount))
    guard !view.isExact(params), let seeds = ExampleSeeds(rule, examples: examples, view)
    else { return try scanned(count, scorer, allowed) }
    let source = NearestSource(transaction, scans)
    let scannedBytes =
      examples.count * view.field.rowBytes
      * (allowed?.count ?? Int(transaction.visibility.rowCount))
    let rankings = transaction.collection.core.rankings
    let known = continues ? question.flatMap { transaction.ranking(for: $0) } : nil
    let ranking = try ExampleRanking(seeds: seeds).first(
      count, after: known,
      nearest: { (length) throws(CollectionError) in
        let bytes = source.bytesRead(view, params, limit: length) * seeds.vectors.count
        let listed = length.multipliedSaturating(by: seeds.vectors.count)
        if bytes > scannedBytes || listed > Self.listedNeighborsMax { return nil }
        return try source.nearest(
          seeds.vectors.map { FieldQuery(value: $0, limit: length, allowed: allowed) }, view,
          params)
      },
      scores: { (rows) throws(CollectionError) in try scores(scorer, at: rows) },
      exact: { (count) throws(CollectionError) in try scanned(count, scorer, allowed) })
    if let question { rankings.keep(ranking, for: question) }
    return Array(ranking.rows.prefix(count))
  }

  /// The scores of many rows, all of which have the vector.
  private func scores(
    _ scorer: ExampleScorer, at rows: [UInt32]
  ) throws(CollectionError) -> [Float] {
    var scores: [Float] = []
    var pace = WorkPace(transaction.flag)
    for start in stride(from: 0, to: rows.count, by: Self.block) {
      let part = rows[start..<min(start + Self.block, rows.count)]
      try pace.step(part.count * (16 + scorer.examples.count * view.field.rowBytes / 32))
      scores += scorer.scores(at: Array(part))
    }
    return scores
  }

  /// The `count` rows with the best scores, of all rows or of those that are allowed.
  private func scanned(
    _ count: Int, _ scorer: ExampleScorer, _ allowed: RowMask?
  ) throws(CollectionError) -> [Neighbor] {
    var best = TopK(capacity: count)
    var pace = WorkPace(transaction.flag)
    var rows: [UInt32] = []
    var isDone = false
    func scoreRows() throws(CollectionError) {
      try pace.step(rows.count * (16 + scorer.examples.count * view.field.rowBytes / 32))
      for (offset, score) in zip(rows, scorer.scores(at: rows)) {
        best.offer(offset: offset, score: score)
      }
      rows.removeAll(keepingCapacity: true)
      // Rows come in the order in which equal scores rank.
      isDone = scorer.highest.map { best.threshold >= $0 } ?? false
    }
    let take = { (offset: UInt32) throws(CollectionError) in
      if view.contains(offset) { rows.append(offset) }
      if rows.count == Self.block { try scoreRows() }
      return !isDone
    }
    if let allowed {
      try transaction.forEachVisible(among: allowed, take)
    } else {
      try transaction.forEachVisible(take)
    }
    try scoreRows()
    return best.sorted()
  }

  /// What a query searches with, ready for the field: its vector, or the mean of its examples.
  func target(of query: Query) throws(CollectionError) -> VectorValue {
    guard case .recommend(let examples) = query else {
      return try prepared(try vectors(query.vectors)[0])
    }
    guard !examples.positive.isEmpty else {
      throw .badRequest("At least one positive vector ID required with this strategy")
    }
    return try prepared(
      try VectorMean.target(
        positive: try vectors(examples.positive), negative: try vectors(examples.negative),
        transaction.flag))
  }

  /// A vector as the field searches with it.
  private func prepared(_ vector: VectorValue) throws(CollectionError) -> VectorValue {
    guard view.usesRarity else {
      if params.idf != nil {
        throw .wrongInput(
          "search param `idf` requires a sparse vector with the `idf` modifier, "
            + "which vector \"\(view.name)\" is not")
      }
      return view.field.prepared(query: vector)
    }
    let corpus = try params.idfCorpus.map { filter throws(CollectionError) in
      try FilterScan(filter, in: transaction).rows()
    }
    do throws(SearchInterrupted) {
      return try view.weighted(
        view.field.prepared(query: vector), among: corpus, transaction.visibility,
        shouldStop: transaction.flag.shouldStop)
    } catch {
      throw transaction.flag.failure
    }
  }

  /// What scores rows by the examples of a query; `nil` for one that searches with one vector, or
  /// with none.
  func scorer(for query: Query) throws(CollectionError) -> ExampleScorer? {
    guard let rule = try rule(for: query) else { return nil }
    let examples = try vectors(query.vectors).map { vector throws(CollectionError) in
      view.scorer(for: try prepared(vector))
    }
    return ExampleScorer(rule: rule, examples: examples)
  }

  private func rule(for query: Query) throws(CollectionError) -> ExampleScorer.Rule? {
    switch query {
    case .recommend(let query):
      if query.strategy == .averageVector { return nil }
      guard !query.positive.isEmpty || !query.negative.isEmpty else {
        throw .badRequest("At least one positive or negative vector ID required with this strategy")
      }
      let positives = query.positive.count
      return query.strategy == .sumScores
        ? .sumScores(positives: positives) : .bestScore(positives: positives)
    case .discover: return .discover
    case .context: return .context
    case .feedback(let query): return .feedback(ExampleScorer.Judgements(query))
    case .nearest, .mmr, .fusion, .formula, .orderBy, .sample: return nil
    }
  }

  /// The vectors themselves. Means are taken of them as they were given.
  private func vectors(_ examples: [QueryVector]) throws(CollectionError) -> [VectorValue] {
    try ReferenceResolver(transaction: transaction).vectors(examples, view)
  }
}

extension ReadTransaction {
  /// Passes the offset of every row of this commit, ascending, until `body` returns `false`.
  func forEachVisible(
    _ body: (UInt32) throws(CollectionError) -> Bool
  ) throws(CollectionError) {
    var pace = WorkPace(flag)
    for offset in 0..<visibility.rowCount {
      try pace.step()
      if visibility.isVisible(offset), try !body(offset) { return }
    }
  }

  /// Passes the offset of every row of this commit that is among `rows`, ascending, until `body`
  /// returns `false`.
  func forEachVisible(
    among rows: RowMask, _ body: (UInt32) throws(CollectionError) -> Bool
  ) throws(CollectionError) {
    var pace = WorkPace(flag)
    for offset in rows {
      try pace.step()
      if visibility.isVisible(offset), try !body(offset) { return }
    }
  }
}

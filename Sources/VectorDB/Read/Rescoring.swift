import PointModel
import VectorIndex

/// Orders anew what prefetches found, and keeps the best of it.
struct Rescoring {
  private let transaction: ReadTransaction
  private let node: QueryNode
  private let isRoot: Bool

  /// Rows scored at once.
  private static let block = 256

  init(_ node: QueryPlan.Node, in transaction: ReadTransaction) {
    self.node = node.query
    self.isRoot = node.isRoot
    self.transaction = transaction
  }

  /// The page that the node asks for of the points that each of its prefetches found.
  func page(of sources: [[Candidate]]) throws(CollectionError) -> [Candidate] {
    let ranking = try ranking(of: sources, node.offset.addingSaturating(node.limit))
    return Array(ranking.dropFirst(node.offset).prefix(node.limit))
  }

  /// The first points, `count` of them if they are told apart one by one.
  private func ranking(
    of sources: [[Candidate]], _ count: Int
  ) throws(CollectionError) -> [Candidate] {
    switch node.query {
    case nil: return []
    case .fusion(let fusion):
      let ranking = try RankFusion(fusion).ranking(of: sources)
      guard let threshold = node.scoreThreshold else { return ranking }
      return Array(ranking.prefix { $0.score >= threshold })
    case .formula(let formula):
      return try FormulaScoring(formula, in: transaction).best(
        count, of: sources, rows: Self.rows(of: sources), threshold: node.scoreThreshold)
    case .orderBy(let order):
      return try OrderedScan(order, in: transaction).candidates(
        among: Self.rows(of: sources), limit: count)
    case .sample:
      return Self.rows(of: sources).shuffled().prefix(count).map { Candidate(offset: $0, score: 1) }
    case .mmr(let vector, let diversity, let candidates):
      return try diversified(
        sources, count, near: vector, diversity: diversity,
        window: candidates == nil ? node.limit : .max)
    case .nearest, .recommend, .discover, .context, .feedback:
      return try scored(Self.rows(of: sources), count)
    }
  }

  /// The rows of all sources, each once, in the order they are met.
  private static func rows(of sources: [[Candidate]]) -> [UInt32] {
    var seen: Set<UInt32> = []
    return sources.flatMap { $0 }.map(\.offset).filter { seen.insert($0).inserted }
  }

  // MARK: Vectors

  /// The best of `rows` by the node's vectors, among those that have one of their own.
  private func scored(_ rows: [UInt32], _ count: Int) throws(CollectionError) -> [Candidate] {
    let view = try view()
    let search = ExampleSearch(transaction: transaction, view: view, params: node.params)
    if let query = node.query, let examples = try search.scorer(for: query) {
      let best = try best(of: rows, count, view) { examples.scores(at: $0) }
      return best.map { Candidate(offset: $0.offset, score: $0.score) }.passing(node, view.distance)
    }
    return try nearest(rows, count, view).map { Candidate($0, by: view.distance) }
      .passing(node, view.distance)
  }

  private func view() throws(CollectionError) -> any FieldView {
    try transaction.view(named: node.using, context: "using")
  }

  private func nearest(
    _ rows: [UInt32], _ count: Int, _ view: any FieldView
  ) throws(CollectionError) -> [Neighbor] {
    guard let query = node.query else { return [] }
    let search = ExampleSearch(transaction: transaction, view: view, params: node.params)
    let scores = view.scores(finding: try search.target(of: query))
    return try best(of: rows, count, view, scores: scores)
  }

  private func best(
    of rows: [UInt32], _ count: Int, _ view: any FieldView, scores: ([UInt32]) -> [Float?]
  ) throws(CollectionError) -> [Neighbor] {
    let present = rows.filter(view.contains)
    var best = TopK(capacity: min(count, present.count))
    var pace = WorkPace(transaction.flag)
    for start in stride(from: 0, to: present.count, by: Self.block) {
      let part = Array(present[start..<min(present.count, start + Self.block)])
      try pace.step(part.count * (16 + view.field.rowBytes / 32))
      for (offset, score) in zip(part, scores(part)) {
        if let score { best.offer(offset: offset, score: score) }
      }
    }
    return best.sorted()
  }

  /// Points that are near a vector and unlike each other. At the root they are picked from the
  /// nearest, elsewhere from all that was found; what they scored there stays.
  private func diversified(
    _ sources: [[Candidate]], _ count: Int, near vector: QueryVector, diversity: Float, window: Int
  ) throws(CollectionError) -> [Candidate] {
    let view = try view()
    let rows = Self.rows(of: sources)
    var neighbors: [Neighbor]
    var candidates: [UInt32: Candidate] = [:]
    if isRoot {
      neighbors = try nearest(rows, node.nearestCount.count, view)
      let passing = neighbors.map { Candidate($0, by: view.distance) }.passing(node, view.distance)
      neighbors = Array(neighbors.prefix(passing.count))
      for candidate in passing { candidates[candidate.offset] = candidate }
    } else {
      let search = ExampleSearch(transaction: transaction, view: view, params: node.params)
      let scorer = view.scorer(for: try search.target(of: .nearest(vector)))
      neighbors = try best(of: rows, rows.count, view) { scorer.scores(at: $0) }
      for candidate in sources.joined() where candidates[candidate.offset] == nil {
        candidates[candidate.offset] = candidate
      }
    }
    let picked = try MaximalMarginalRelevance(
      diversity: diversity, view: view,
      query: try ReferenceResolver(transaction: transaction).vector(vector, view),
      candidatesMax: transaction.collection.core.options.limits.diversifiedCandidatesMax,
      flag: transaction.flag
    ).select(count, from: neighbors, window: isRoot ? window : .max)
    return picked.compactMap { candidates[$0.offset] }
  }
}

extension [Candidate] {
  /// Those before the first that is not better than the node's threshold, as the distance compares:
  /// where lower distances are better, one on scores that are always higher for a better point
  /// leaves all or nothing.
  func passing(_ node: QueryNode, _ distance: Distance) -> [Candidate] {
    guard let threshold = node.scoreThreshold else { return self }
    return Array(prefix { distance.passes($0.score, threshold: threshold) })
  }
}

import PointModel
import Synchronization
import VectorIndex

/// Runs the queries of one request against one commit: references are resolved, candidates come
/// from their sources, are scored and cut to the page, and become points. Blocking, but for
/// ``briefResults(of:)``.
struct QueryExecution {
  private let transaction: ReadTransaction

  init(_ transaction: ReadTransaction) {
    self.transaction = transaction
  }

  func results(of requests: [QueryRequest]) throws(CollectionError) -> [[ScoredPoint]] {
    for request in requests { try Self.check(request.root, transaction) }
    let source = NearestSource(transaction)
    var searches: [NearestSearch?] = []
    for request in requests { searches.append(try search(for: request.root)) }
    let neighbors = try source.neighbors(of: searches)
    var results: [[ScoredPoint]] = []
    for (index, request) in requests.enumerated() {
      let found: [Candidate]
      if let search = searches[index] {
        found = try page(of: neighbors[index], search, request.root)
      } else {
        found = try CandidateSource(transaction).candidates(for: request.root)
      }
      results.append(try Hydration(transaction, request).points(found))
    }
    return results
  }

  /// Answers plain searches that take no longer than a thread that must not be held up can spare,
  /// from memory alone; `nil` for others, or when the store has to be asked who was found.
  func briefResults(
    of requests: [QueryRequest]
  ) throws(CollectionError) -> [[ScoredPoint]]? {
    guard requests.allSatisfy(Self.needsNoStore) else { return nil }
    var source = NearestSource(transaction)
    source.fillsUp = false
    var searches: [NearestSearch] = []
    var bytes = 0
    for request in requests {
      guard let search = try search(for: request.root), search.first == search.count else {
        return nil
      }
      bytes += source.briefCost(of: search, returning: request.withVector)
      if bytes > transaction.collection.core.options.limits.briefSearchBytesMax { return nil }
      searches.append(search)
    }
    let neighbors = try source.neighbors(of: searches)
    let pointsCount = transaction.collection.state.withLock { $0.liveCount }
    var results: [[ScoredPoint]] = []
    for (index, request) in requests.enumerated() {
      // To find more may take long.
      if neighbors[index].count < min(searches[index].count, pointsCount) { return nil }
      let found = try page(of: neighbors[index], searches[index], request.root)
      guard let points = try Hydration(transaction, request).pointsFromMemory(found) else {
        return nil
      }
      results.append(points)
    }
    return results
  }

  private static func needsNoStore(_ request: QueryRequest) -> Bool {
    guard case .nearest(.value) = request.query, request.withPayload == .none else { return false }
    return request.root.prefetch.isEmpty && request.filter?.isEmpty ?? true
  }

  /// Refuses trees that are too deep, and what no source can do.
  private static func check(
    _ root: QueryNode, _ transaction: ReadTransaction
  ) throws(CollectionError) {
    if root.prefetch.isEmpty { return }
    let depthMax = transaction.collection.core.options.limits.queryDepthMax
    if root.depth > depthMax {
      throw .badRequest("prefetches depth \(root.depth) exceeds max depth \(depthMax)")
    }
    throw .badRequest("Prefetches are not supported")
  }

  /// The search for the nearest rows that a node means; `nil` when it means something else.
  private func search(for node: QueryNode) throws(CollectionError) -> NearestSearch? {
    guard let query = node.query else { return nil }
    let end = node.offset.addingSaturating(node.limit)
    var count = end
    // The first page, which is searched for alone: pages of one size continue it.
    var first = node.limit > 0 && node.offset.isMultiple(of: node.limit) ? node.limit : node.offset
    switch query {
    case .nearest: break
    case .mmr(_, _, let candidates?): (count, first) = (candidates, candidates)
    case .mmr(_, _, nil):
      // Whole pages are diversified, the last of them this one.
      let (pages, rest) = end.quotientAndRemainder(dividingBy: max(1, node.limit))
      count = (rest == 0 ? pages : pages + 1).multipliedSaturating(by: node.limit)
    case .recommend(let examples): if examples.strategy != .averageVector { return nil }
    case .discover, .context, .orderBy, .sample: return nil
    }
    let view = try transaction.view(named: node.using, context: "using")
    let vector: VectorValue
    if case .recommend(let examples) = query {
      vector = try ExampleSearch(transaction: transaction, view: view).mean(of: examples)
    } else {
      vector = try ReferenceResolver(transaction: transaction).vector(query.vectors[0], view)
    }
    // No more neighbours than rows: a client may ask for any number.
    let rows = Int(transaction.visibility.rowCount)
    return NearestSearch(
      view: view, vector: view.field.prepared(query: vector), count: min(count, rows),
      first: min(view.isExact(node.params) ? count : min(first, count), rows),
      filter: ReferenceResolver.filter(of: node), params: node.params)
  }

  /// What of the neighbours that were found a node hands on.
  private func page(
    of neighbors: [Neighbor], _ search: NearestSearch, _ node: QueryNode
  ) throws(CollectionError) -> [Candidate] {
    let distance = search.view.distance
    var hits = neighbors
    if let threshold = node.scoreThreshold {
      hits.removeAll { neighbor in
        !distance.passes(distance.score(internal: neighbor.score), threshold: threshold)
      }
    }
    if case .mmr(_, let diversity, let candidates) = node.query {
      hits = try MaximalMarginalRelevance(
        diversity: diversity, view: search.view,
        candidatesMax: transaction.collection.core.options.limits.diversifiedCandidatesMax,
        flag: transaction.flag
      ).select(
        node.offset.addingSaturating(node.limit), from: hits,
        window: candidates == nil ? node.limit : .max)
    }
    return hits.dropFirst(node.offset).prefix(node.limit).map { hit in
      Candidate(offset: hit.offset, score: distance.score(internal: hit.score))
    }
  }
}

extension Int {
  /// The sum, or the greatest integer when it would be greater. Both are at least 0.
  func addingSaturating(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

import PointModel
import Synchronization
import VectorIndex

/// Runs the queries of one request against one commit: references are resolved, candidates come
/// from their sources, are scored and cut to the page, and become points. Blocking, but for
/// ``briefPlan(of:)`` and ``briefResults(of:_:)``.
struct QueryExecution {
  private let transaction: ReadTransaction
  private let scans: FilterScans

  init(_ transaction: ReadTransaction) {
    self.transaction = transaction
    scans = FilterScans(transaction)
  }

  /// - Parameter plan: what ``briefPlan(of:)`` made of the requests, if it did.
  func results(
    of requests: [QueryRequest], _ plan: QueryPlan? = nil
  ) throws(CollectionError) -> [[ScoredPoint]] {
    let lease = try QueryRoom.lease(for: requests, in: transaction)
    defer { lease?.release() }
    let found = try transaction.trace.stage("search") { () throws(CollectionError) in
      let plan = if let plan { plan } else { try QueryPlan(requests, in: transaction) }
      let neighbors = try NearestSource(transaction, scans).neighbors(of: plan.searches)
      var found: [[Candidate]] = []
      for root in plan.roots {
        try transaction.flag.check()
        found.append(try candidates(for: root, plan.searches, neighbors))
      }
      return found
    }
    return try transaction.trace.stage("hydrate") { () throws(CollectionError) in
      var results: [[ScoredPoint]] = []
      for (found, request) in zip(found, requests) {
        try transaction.flag.check()
        results.append(try Hydration(transaction, request).points(found))
      }
      return results
    }
  }

  /// The plan of plain searches, and what is made of them without the store; `nil` for others, and
  /// for so many that to plan them takes long already.
  func briefPlan(of requests: [QueryRequest]) throws(CollectionError) -> QueryPlan? {
    let bytesMax = transaction.collection.core.options.limits.briefSearchBytesMax
    guard requests.count <= bytesMax / NearestSource.queryBytes,
      requests.allSatisfy({ $0.withPayload == .none && Self.needsNoStore($0.root) })
    else { return nil }
    let nodesCount = requests.reduce(0) { $0 + $1.root.count }
    guard nodesCount <= bytesMax / NearestSource.queryBytes else { return nil }
    return try QueryPlan(requests, in: transaction)
  }

  /// Answers requests by such a plan that take no longer than a thread that must not be held up can
  /// spare, from memory alone; `nil` for others, or when the store has to be asked who was found.
  func briefResults(
    of requests: [QueryRequest], _ plan: QueryPlan
  ) throws(CollectionError) -> [[ScoredPoint]]? {
    let bytesMax = transaction.collection.core.options.limits.briefSearchBytesMax
    var source = NearestSource(transaction, scans)
    source.fillsUp = false
    var bytes = 0
    for search in plan.searches {
      guard search.first == search.count else { return nil }
      bytes = bytes.addingSaturating(try source.briefCost(of: search, most: bytesMax))
    }
    let pointsCount = transaction.pointsCount
    for request in requests {
      let cost = source.briefCost(
        of: min(request.limit, pointsCount), returning: request.withVector)
      bytes = bytes.addingSaturating(cost)
    }
    if bytes > bytesMax { return nil }
    let neighbors = try transaction.trace.stage("search") { () throws(CollectionError) in
      try source.neighbors(of: plan.searches)
    }
    // To find more may take long.
    for (search, found) in zip(plan.searches, neighbors) {
      if try source.mayFindMore(than: found.count, search) { return nil }
    }
    return try transaction.trace.stage("hydrate") { () throws(CollectionError) in
      var results: [[ScoredPoint]] = []
      for (root, request) in zip(plan.roots, requests) {
        let found = try candidates(for: root, plan.searches, neighbors)
        guard let points = try Hydration(transaction, request).pointsFromMemory(found) else {
          return nil
        }
        results.append(points)
      }
      return results
    }
  }

  private static func needsNoStore(_ node: QueryNode) -> Bool {
    guard node.prefetch.allSatisfy(needsNoStore) else { return false }
    let isFiltered = !(node.filter?.isEmpty ?? true)
    switch node.query {
    case .nearest(.value): return !isFiltered || node.prefetch.isEmpty
    case .fusion: return !isFiltered && !node.prefetch.isEmpty
    default: return false
    }
  }

  /// What a node hands on.
  private func candidates(
    for node: QueryPlan.Node, _ searches: [NearestSearch], _ neighbors: [[Neighbor]]
  ) throws(CollectionError) -> [Candidate] {
    switch node.source {
    case .search(let index): return try page(of: neighbors[index], searches[index], node.query)
    case .collection:
      return try CandidateSource(transaction, scans).candidates(
        for: node.query, continues: node.continues)
    case .prefetches(let children):
      var sources: [[Candidate]] = []
      for child in children { sources.append(try candidates(for: child, searches, neighbors)) }
      return try Rescoring(node, in: transaction).page(of: sources)
    }
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
    if case .mmr(let vector, let diversity, let candidates) = node.query {
      hits = try MaximalMarginalRelevance(
        diversity: diversity, view: search.view,
        query: try ReferenceResolver(transaction: transaction).vector(vector, search.view),
        candidatesMax: transaction.collection.core.options.limits.diversifiedCandidatesMax,
        flag: transaction.flag
      ).select(
        node.offset.addingSaturating(node.limit), from: hits,
        window: candidates == nil ? node.limit : .max)
    }
    return hits.dropFirst(node.offset).prefix(node.limit).map { Candidate($0, by: distance) }
  }
}

extension Int {
  /// The sum, or the greatest integer when it would be greater. Both are at least 0.
  func addingSaturating(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

import PointModel
import VectorIndex

/// Runs the queries of one request against one commit. Blocking.
struct QueryExecution {
  private let transaction: ReadTransaction
  private let flag: CancellationFlag

  init(_ transaction: ReadTransaction, flag: CancellationFlag) {
    self.transaction = transaction
    self.flag = flag
  }

  /// A query resolved to the vector it searches with and the neighbours it wants.
  private struct Search {
    let slot: VectorSlot
    let vector: [Float]
    let count: Int
    let filter: Filter?
    let params: SearchParams
  }

  func results(of requests: [QueryRequest]) throws(CollectionError) -> [[ScoredPoint]] {
    var searches: [Search?] = []
    for request in requests { searches.append(try search(for: request)) }
    let neighbors = try run(searches)
    var results: [[ScoredPoint]] = []
    for (index, request) in requests.enumerated() {
      if let search = searches[index] {
        results.append(try finish(request, search, neighbors[index]))
      } else {
        results.append(try listing(request))
      }
    }
    return results
  }

  private func search(for request: QueryRequest) throws(CollectionError) -> Search? {
    guard let query = request.query else { return nil }
    let slot = try transaction.collection.slot(named: request.using, context: "using")
    let target: QueryVector
    var count = request.offset.addingSaturating(request.limit)
    switch query {
    case .nearest(let vector): target = vector
    case .mmr(let vector, _, let candidates):
      target = vector
      count = candidates ?? request.limit
    }
    var filter = request.filter.flatMap { $0.isEmpty ? nil : $0 }
    var vector: [Float]
    switch target {
    case .dense(let values):
      guard values.count == slot.size else {
        throw .wrongDimension(
          expected: slot.size, got: values.count,
          context: slot.name.isEmpty ? "query" : "query, vector `\(slot.name)`")
      }
      vector = values
      if slot.distance == .cosine { VectorMath.normalize(&vector) }
    case .point(let id):
      vector = try transaction.vector(of: id, slot)
      // A point is not an answer to a query by itself.
      filter = Filter(must: filter.map { [.filter($0)] } ?? [], mustNot: [.hasID([id])])
    }
    // No more neighbours than rows: a client may ask for any number.
    let rows = Int(transaction.visibility.rowCount)
    return Search(
      slot: slot, vector: vector, count: min(count, rows), filter: filter, params: request.params)
  }

  /// Searches with no filter, or one whose rows are known, that spend the same effort on the same vector run
  /// together; others run alone.
  private func run(_ searches: [Search?]) throws(CollectionError) -> [[Neighbor]] {
    var results = [[Neighbor]](repeating: [], count: searches.count)
    for slot in transaction.collection.vectors {
      var groups: [(params: SearchParams, members: [(index: Int, query: SearchQuery)])] = []
      for (index, search) in searches.enumerated() {
        guard let search, search.slot.number == slot.number, search.count > 0 else { continue }
        var query = SearchQuery(vector: search.vector, limit: search.count)
        if let filter = search.filter {
          let scan = FilterScan(filter, in: transaction)
          guard let rows = try scan.rowsAtOnce(flag: flag) else {
            results[index] = try ranked(search, scan)
            continue
          }
          if rows.count == 0 { continue }
          query.allowed = rows
        }
        if let group = groups.firstIndex(where: { $0.params == search.params }) {
          groups[group].members.append((index, query))
        } else {
          groups.append((search.params, [(index, query)]))
        }
      }
      for group in groups {
        let found = try nearest(group.members.map(\.query), slot, group.params)
        for (member, neighbors) in zip(group.members, found) { results[member.index] = neighbors }
      }
    }
    return results
  }

  /// The nearest rows, through the index if there is one and the request does not forbid it.
  private func nearest(
    _ queries: [SearchQuery], _ slot: VectorSlot, _ params: SearchParams
  ) throws(CollectionError) -> [[Neighbor]] {
    do {
      return try searching(slot, params).search(
        queries, in: transaction.columns[slot.position], visibility: transaction.visibility,
        shouldStop: { flag.isCancelled })
    } catch {
      throw .timedOut("the search was given up")
    }
  }

  private func searching(_ slot: VectorSlot, _ params: SearchParams) -> any VectorSearching {
    guard !params.exact, let index = transaction.indexes[slot.position] else {
      return ExactScan(metric: slot.metric)
    }
    return IVFSearch(
      index, effort: effort(params), scansTail: !params.indexedOnly)
  }

  private func effort(_ params: SearchParams) -> SearchEffort {
    switch params.ivf {
    case .recall(let recall): return .recall(recall)
    case .probes(let probes): return .probes(probes)
    case nil: break
    }
    if let candidates = params.hnswEf { return .candidates(candidates) }
    return .recall(transaction.collection.config.recallTarget ?? Self.recallTarget)
  }

  /// The recall@10 that searches aim at where nothing else is said.
  private static let recallTarget = 0.98

  /// Takes the nearest of the points that can pass in order and tests each; when too few do,
  /// tests them all and searches what is left.
  private func ranked(_ search: Search, _ scan: FilterScan) throws(CollectionError) -> [Neighbor] {
    let budget = transaction.collection.core.options.limits.lazyFilterCandidatesMax
    if let passed = try firstPassing(search, scan, budget: budget) { return passed }
    let allowed = try scan.rows(flag: flag)
    let query = SearchQuery(vector: search.vector, limit: search.count, allowed: allowed)
    return try nearest([query], search.slot, search.params)[0]
  }

  /// The neighbours among the nearest `budget` rows that pass, or `nil` if they are too few.
  private func firstPassing(
    _ search: Search, _ scan: FilterScan, budget: Int
  ) throws(CollectionError) -> [Neighbor]? {
    var candidates = try NearestInOrder(
      SearchQuery(vector: search.vector, limit: 0, allowed: scan.possibleRows()),
      in: transaction, search.slot,
      index: search.params.exact ? nil : transaction.indexes[search.slot.position],
      effort: effort(search.params), flag: flag)
    var passed: [Neighbor] = []
    var tested = 0
    var step = max(64, search.count)
    while passed.count < search.count {
      guard tested < budget else { return nil }
      let next = try candidates.next(step)
      if next.isEmpty { return candidates.isComplete ? passed : nil }
      try transaction.visitRecords(at: next.map(\.offset)) {
        (index, record) throws(CollectionError) in
        if try scan.passes(record, at: next[index].offset) { passed.append(next[index]) }
      }
      tested += next.count
      step = min(1024, step * 2)
    }
    return Array(passed.sorted { $0.ranks(before: $1) }.prefix(search.count))
  }

  private func finish(
    _ request: QueryRequest, _ search: Search, _ neighbors: [Neighbor]
  ) throws(CollectionError) -> [ScoredPoint] {
    var hits = neighbors
    if let threshold = request.scoreThreshold {
      hits.removeAll { neighbor in
        let score = search.slot.distance.score(internal: neighbor.score)
        return !search.slot.distance.passes(score, threshold: threshold)
      }
    }
    if case .mmr(_, let diversity, _) = request.query {
      hits = MaximalMarginalRelevance(diversity: diversity, metric: search.slot.metric)
        .select(
          request.offset.addingSaturating(request.limit), from: hits,
          in: transaction.columns[search.slot.position])
    }
    let page = Array(hits.dropFirst(request.offset).prefix(request.limit))
    var points: [ScoredPoint] = []
    points.reserveCapacity(page.count)
    try transaction.visitRecords(at: page.map(\.offset)) { (index, view) throws(CollectionError) in
      let record = try transaction.record(
        view, at: page[index].offset, payload: request.withPayload, vector: request.withVector)
      points.append(
        ScoredPoint(
          record: record, version: view.version,
          score: search.slot.distance.score(internal: page[index].score)))
    }
    return points
  }

  private func listing(_ request: QueryRequest) throws(CollectionError) -> [ScoredPoint] {
    let scroll = ScrollRequest(
      limit: request.limit, filter: request.filter, withPayload: request.withPayload,
      withVector: request.withVector)
    let page = try IDOrderScan(transaction).page(
      scroll, skipping: request.offset, flag: flag)
    return page.records.map { ScoredPoint(record: $0, version: 0, score: 1) }
  }
}

extension Int {
  /// The sum, or the greatest integer when it would be greater. Both are at least 0.
  func addingSaturating(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

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
    return Search(slot: slot, vector: vector, count: min(count, rows), filter: filter)
  }

  /// Searches with a selective filter or none share one scan per vector; others run alone.
  private func run(_ searches: [Search?]) throws(CollectionError) -> [[Neighbor]] {
    var results = [[Neighbor]](repeating: [], count: searches.count)
    for slot in transaction.collection.vectors {
      var shared: [(index: Int, query: SearchQuery)] = []
      for (index, search) in searches.enumerated() {
        guard let search, search.slot.number == slot.number, search.count > 0 else { continue }
        guard let filter = search.filter else {
          shared.append((index, SearchQuery(vector: search.vector, limit: search.count)))
          continue
        }
        let scan = FilterScan(filter, in: transaction)
        if scan.isSelective {
          let allowed = try scan.bitmap(flag: flag)
          shared.append(
            (index, SearchQuery(vector: search.vector, limit: search.count, allowed: allowed)))
        } else {
          results[index] = try ranked(search, scan)
        }
      }
      if shared.isEmpty { continue }
      let found = try scanExactly(shared.map(\.query), slot)
      for (position, entry) in shared.enumerated() { results[entry.index] = found[position] }
    }
    return results
  }

  private func scanExactly(
    _ queries: [SearchQuery], _ slot: VectorSlot
  ) throws(CollectionError) -> [[Neighbor]] {
    do {
      return try ExactScan(metric: slot.metric).search(
        queries, in: transaction.columns[slot.position], visibility: transaction.visibility,
        shouldStop: { flag.isCancelled })
    } catch {
      throw .timedOut("the search was given up")
    }
  }

  /// Takes the nearest points in order and tests each; when too few pass, evaluates the filter
  /// over everything and scans what is left.
  private func ranked(_ search: Search, _ scan: FilterScan) throws(CollectionError) -> [Neighbor] {
    var ranked: RankedScan
    do {
      ranked = try RankedScan(
        SearchQuery(vector: search.vector, limit: search.count), metric: search.slot.metric,
        in: transaction.columns[search.slot.position], visibility: transaction.visibility,
        shouldStop: { flag.isCancelled })
    } catch {
      throw .timedOut("the search was given up")
    }
    let budget = transaction.collection.core.options.limits.lazyFilterCandidatesMax
    var passed: [Neighbor] = []
    var tested = 0
    var step = max(64, search.count)
    while passed.count < search.count {
      let candidates = ranked.next(step)
      if candidates.isEmpty { return passed }
      try transaction.visitRecords(at: candidates.map(\.offset)) {
        (index, record) throws(CollectionError) in
        if passed.count < search.count, try scan.passes(record, at: candidates[index].offset) {
          passed.append(candidates[index])
        }
      }
      tested += candidates.count
      if tested >= budget, passed.count < search.count { break }
      step = min(1024, step * 2)
    }
    if passed.count >= search.count { return passed }
    let allowed = try scan.bitmap(flag: flag)
    let query = SearchQuery(vector: search.vector, limit: search.count, allowed: allowed)
    return try scanExactly([query], search.slot)[0]
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

import PointModel
import Synchronization
import VectorIndex

/// Runs the queries of one request against one commit. Blocking, but for ``briefResults(of:)``.
struct QueryExecution {
  private let transaction: ReadTransaction
  /// Whether searches go on until they have found as many points as are wanted.
  private var fillsUp = true

  init(_ transaction: ReadTransaction) {
    self.transaction = transaction
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
        let hits = try page(request, search, neighbors[index])
        results.append(try points(hits, request, score: search.slot.distance.score))
      } else {
        results.append(try listing(request))
      }
    }
    return results
  }

  /// Answers plain searches that take no longer than a thread that must not be held up can spare,
  /// from memory alone; `nil` for others, or when the store has to be asked who was found.
  func briefResults(
    of requests: [QueryRequest]
  ) throws(CollectionError) -> [[ScoredPoint]]? {
    guard requests.allSatisfy(Self.needsNoStore) else { return nil }
    var searches: [Search] = []
    var bytes = 0
    for request in requests {
      guard let search = try search(for: request) else { return nil }
      bytes += briefCost(of: search, request)
      if bytes > transaction.collection.core.options.limits.briefSearchBytesMax { return nil }
      searches.append(search)
    }
    var brief = self
    brief.fillsUp = false
    let neighbors = try brief.run(searches)
    let pointsCount = transaction.collection.state.withLock { $0.liveCount }
    var results: [[ScoredPoint]] = []
    for (index, request) in requests.enumerated() {
      let search = searches[index]
      // To find more may take long.
      if neighbors[index].count < min(search.count, pointsCount) { return nil }
      let hits = try page(request, search, neighbors[index])
      guard let points = identified(hits, request, score: search.slot.distance.score) else {
        return nil
      }
      results.append(points)
    }
    return results
  }

  /// About what a search takes, as the bytes that are read in that time.
  private func briefCost(of search: Search, _ request: QueryRequest) -> Int {
    let read = searching(search.slot, search.params).bytesRead(
      limit: search.count, in: transaction.columns[search.slot.position],
      visibility: transaction.visibility)
    var hit = Self.hitBytes
    for slot in transaction.collection.vectors {
      let isReturned =
        switch request.withVector {
        case .none: false
        case .all: true
        case .names(let names): names.contains(slot.name)
        }
      if isReturned { hit += slot.rowBytes }
    }
    return Self.queryBytes + read + search.count * hit
  }

  /// What a query and a point found cost besides, as bytes read in that time.
  private static let queryBytes = 32 << 10
  private static let hitBytes = 4 << 10

  private static func needsNoStore(_ request: QueryRequest) -> Bool {
    guard case .nearest(.value) = request.query, request.withPayload == .none else { return false }
    return request.filter?.isEmpty ?? true
  }

  /// The search for the nearest rows that a request means; `nil` when it means something else.
  private func search(for request: QueryRequest) throws(CollectionError) -> Search? {
    guard let query = request.query else { return nil }
    var count = request.offset.addingSaturating(request.limit)
    switch query {
    case .nearest: break
    case .mmr(_, _, let candidates): count = candidates ?? request.limit
    case .recommend(let examples): if examples.strategy != .averageVector { return nil }
    case .discover, .context, .orderBy, .sample: return nil
    }
    let slot = try transaction.collection.slot(named: request.using, context: "using")
    var vector: [Float]
    if case .recommend(let examples) = query {
      vector = try ExampleSearch(transaction: transaction, slot: slot)
        .mean(of: examples)
    } else {
      vector = try transaction.vector(query.vectors[0], slot)
    }
    if slot.distance == .cosine { VectorMath.normalize(&vector) }
    // No more neighbours than rows: a client may ask for any number.
    let rows = Int(transaction.visibility.rowCount)
    return Search(
      slot: slot, vector: vector, count: min(count, rows), filter: Self.filter(of: request),
      params: request.params)
  }

  /// What results must pass: a point is not an answer to a query by itself.
  private static func filter(of request: QueryRequest) -> Filter? {
    let filter = request.filter.flatMap { $0.isEmpty ? nil : $0 }
    var examples: Set<PointID> = []
    for case .point(let id) in request.query?.vectors ?? [] { examples.insert(id) }
    if examples.isEmpty { return filter }
    return Filter(must: filter.map { [.filter($0)] } ?? [], mustNot: [.hasID(examples)])
  }

  /// Searches with no filter, or one whose rows are known, that spend the same effort on the same
  /// vector run together; others run alone.
  private func run(_ searches: [Search?]) throws(CollectionError) -> [[Neighbor]] {
    var results = [[Neighbor]](repeating: [], count: searches.count)
    for slot in transaction.collection.vectors {
      var groups: [(params: SearchParams, members: [(index: Int, query: SearchQuery)])] = []
      for (index, search) in searches.enumerated() {
        guard let search, search.slot.number == slot.number, search.count > 0 else { continue }
        var query = SearchQuery(vector: search.vector, limit: search.count)
        if let filter = search.filter {
          let scan = FilterScan(filter, in: transaction)
          guard let rows = try scan.rowsAtOnce() else {
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
    if !params.exact, transaction.indexes[slot.position] != nil {
      for query in queries where query.allowed == nil {
        slot.indexSlot.queries.offer(query.vector)
      }
    }
    do {
      return try searching(slot, params).search(
        queries, in: transaction.columns[slot.position], visibility: transaction.visibility,
        shouldStop: transaction.flag.shouldStop)
    } catch {
      throw transaction.flag.failure
    }
  }

  private func searching(_ slot: VectorSlot, _ params: SearchParams) -> any VectorSearching {
    guard !params.exact, let index = transaction.indexes[slot.position] else {
      return ExactScan(metric: slot.metric)
    }
    return IVFSearch(
      index, effort: effort(params), scansTail: !params.indexedOnly, fillsUp: fillsUp)
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
    let allowed = try scan.rows()
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
      effort: effort(search.params))
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

  /// What of the neighbours that were found the request asks for.
  private func page(
    _ request: QueryRequest, _ search: Search, _ neighbors: [Neighbor]
  ) throws(CollectionError) -> [Neighbor] {
    var hits = neighbors
    if let threshold = request.scoreThreshold {
      hits.removeAll { neighbor in
        let score = search.slot.distance.score(internal: neighbor.score)
        return !search.slot.distance.passes(score, threshold: threshold)
      }
    }
    if case .mmr(_, let diversity, _) = request.query {
      hits = try MaximalMarginalRelevance(
        diversity: diversity, metric: search.slot.metric,
        view: transaction.columns[search.slot.position],
        candidatesMax: transaction.collection.core.options.limits.diversifiedCandidatesMax,
        flag: transaction.flag
      ).select(request.offset.addingSaturating(request.limit), from: hits, window: .max)
    }
    return Array(hits.dropFirst(request.offset).prefix(request.limit))
  }

  /// The answer to a request that means no search for the nearest.
  private func listing(_ request: QueryRequest) throws(CollectionError) -> [ScoredPoint] {
    switch request.query {
    case .recommend, .discover, .context: return try byExamples(request)
    case .sample: return try sample(request)
    case .orderBy(let order):
      let records = try OrderedScan(order, in: transaction).records(
        skipping: request.offset, limit: request.limit, filter: request.filter,
        payload: request.withPayload, vector: request.withVector)
      return records.map { ScoredPoint(record: $0, version: 0, score: 1) }
    case nil, .nearest, .mmr:
      let scroll = ScrollRequest(
        limit: request.limit, filter: request.filter, withPayload: request.withPayload,
        withVector: request.withVector)
      let page = try IDOrderScan(transaction).page(
        scroll, skipping: request.offset)
      return page.records.map { ScoredPoint(record: $0, version: 0, score: 1) }
    }
  }

  private func byExamples(_ request: QueryRequest) throws(CollectionError) -> [ScoredPoint] {
    guard let query = request.query else { return [] }
    let slot = try transaction.collection.slot(named: request.using, context: "using")
    var hits = try ExampleSearch(transaction: transaction, slot: slot).best(
      request.offset.addingSaturating(request.limit), for: query,
      filter: Self.filter(of: request))
    if let threshold = request.scoreThreshold { hits.removeAll { $0.score < threshold } }
    return try points(Array(hits.dropFirst(request.offset)), request) { $0 }
  }

  private func sample(_ request: QueryRequest) throws(CollectionError) -> [ScoredPoint] {
    let offsets = try RandomSample(transaction: transaction).offsets(
      request.offset.addingSaturating(request.limit), filter: request.filter)
    let hits = offsets.dropFirst(request.offset).map { Neighbor(offset: $0, score: 1) }
    return try points(hits, request) { $0 }.map {
      ScoredPoint(record: $0.record, version: 0, score: $0.score)
    }
  }

  /// The points at `hits`, with the scores that clients see.
  private func points(
    _ hits: [Neighbor], _ request: QueryRequest, score: (Float) -> Float
  ) throws(CollectionError) -> [ScoredPoint] {
    if let points = identified(hits, request, score: score) { return points }
    var points: [ScoredPoint] = []
    points.reserveCapacity(hits.count)
    try transaction.visitRecords(at: hits.map(\.offset)) { (index, view) throws(CollectionError) in
      let record = try transaction.record(
        view, at: hits[index].offset, payload: request.withPayload, vector: request.withVector)
      points.append(
        ScoredPoint(record: record, version: view.version, score: score(hits[index].score)))
    }
    return points
  }

  /// The points at `hits` without their payloads, from memory; `nil` when payloads are asked for,
  /// or a later commit makes it the store's to say which version a reader sees.
  private func identified(
    _ hits: [Neighbor], _ request: QueryRequest, score: (Float) -> Float
  ) -> [ScoredPoint]? {
    guard request.withPayload == .none else { return nil }
    let sequence = transaction.visibility.sequence
    var points: [ScoredPoint] = []
    points.reserveCapacity(hits.count)
    for hit in hits {
      guard let identity = transaction.identities.identity(of: hit.offset, at: sequence) else {
        return nil
      }
      let record = Record(
        id: identity.id, payload: nil,
        vectors: transaction.vectors(at: hit.offset, request.withVector))
      points.append(
        ScoredPoint(record: record, version: identity.version, score: score(hit.score)))
    }
    return points
  }
}

extension Int {
  /// The sum, or the greatest integer when it would be greater. Both are at least 0.
  func addingSaturating(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

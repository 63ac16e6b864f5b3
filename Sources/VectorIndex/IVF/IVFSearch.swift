import Glibc
public import RowSets

/// Search through the lists of an index, and exactly over the rows that are not in them yet.
///
/// Scores returned are exact; which rows are found depends on the effort. A query whose `allowed`
/// holds few rows is answered exactly, and so is one that wants a good part of the rows or that is
/// longer than 3·10¹³. The queries of a batch
/// read each list from memory once.
public struct IVFSearch: VectorSearching {
  private let index: IVFIndexView
  private let reach: ProbeReach
  /// The bounds of estimates; `nil` leaves them to calibration.
  private var bounds: ErrorBounds?
  private var isExhaustive = false
  /// Where it is written down what was looked at.
  public var trace: SearchTrace?
  private let scansTail: Bool
  private let fillsUp: Bool

  /// Searches `index` with `effort`.
  ///
  /// - Parameters:
  ///   - scansTail: whether rows are looked at that are not in the lists yet (not for
  ///     `indexed_only`).
  ///   - fillsUp: whether more lists are looked at than the effort says while fewer rows were found
  ///     than are wanted. Not where the effort is a number of lists.
  ///   - trust: how many rows that may be among the nearest are scored exactly.
  public init(
    _ index: IVFIndexView, effort: SearchEffort, scansTail: Bool = true, fillsUp: Bool = true,
    trust: CodeTrust = .calibrated
  ) {
    self.init(index, reach: index.reach(for: effort), scansTail: scansTail, fillsUp: fillsUp)
    bounds = trust.bounds
    if case .recall(let recall) = effort, recall >= 1 { isExhaustive = true }
  }

  /// A search with other bounds than calibration gives, to measure what they do.
  package init(_ index: IVFIndexView, effort: SearchEffort, bounds: ErrorBounds) {
    self.init(index, effort: effort)
    self.bounds = bounds
  }

  init(
    _ index: IVFIndexView, reach: ProbeReach, scansTail: Bool = true, fillsUp: Bool = true
  ) {
    self.index = index
    self.reach = reach
    self.scansTail = scansTail
    self.fillsUp = fillsUp && !reach.isFixed
  }

  /// Centroids as codes and the nearest of them, the lists looked at, rows that are reranked, and
  /// the tail.
  public func bytesRead(limit: Int, in view: DenseColumnView, visibility: VisibilityView) -> Int {
    if isExhaustive || wantsGoodPart(limit, visibility), scansTail {
      return ExactScan(metric: metric).bytesRead(limit: limit, in: view, visibility: visibility)
    }
    let reach = index.widened(reach, forLimit: limit)
    let lists = max(1, index.generation.lists.count)
    let entryBytes = index.generation.quantizer.layout.blockBytes / CodeLayout.entriesPerBlock
    let entries = lists + 2 * Int(index.coveredRows) * min(reach.probes, lists) / lists
    let tail = scansTail ? Int(visibility.rowCount) - Int(index.coveredRows) : 0
    let rows =
      index.generation.strays.count + 2 * reach.probes + 5 * min(limit, Int(visibility.rowCount))
      + max(0, tail)
    return entries * entryBytes + rows * max(view.rowBytes, ExactScan.leastRowBytes)
  }

  /// Whether so few rows are allowed that a query has all of them scored, however an index is
  /// calibrated.
  public static func scoresAll(_ allowed: RowMask, in view: DenseColumnView) -> Bool {
    FilterCost.areFew(allowed.count, in: view)
  }

  private var metric: Metric { index.generation.quantizer.metric }

  /// The nearest visible rows for each query; see ``VectorSearching``.
  ///
  /// - Throws: ``SearchInterrupted`` after `shouldStop` returned true.
  public func search(
    _ queries: [SearchQuery], in view: DenseColumnView, visibility: VisibilityView,
    shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [[Neighbor]] {
    if isExhaustive, scansTail {
      for query in queries { noteScan(query, visibility) }
      return try ExactScan(metric: metric).search(
        queries, in: view, visibility: visibility, shouldStop: shouldStop)
    }
    var results = [[Neighbor]](repeating: [], count: queries.count)
    var exact: [Int] = []
    var probing: [Int] = []
    for (position, query) in queries.enumerated() where query.limit > 0 {
      precondition(query.vector.count == view.dimension, "a query of another dimension")
      let isExact = prefersExact(query, in: view) || wantsGoodPart(query.limit, visibility)
      if isOutOfRange(query, in: view) || scansTail && isExact {
        exact.append(position)
      } else {
        probing.append(position)
      }
    }
    if !exact.isEmpty {
      for position in exact { noteScan(queries[position], visibility) }
      let found = try ExactScan(metric: metric).search(
        exact.map { queries[$0] }, in: view, visibility: visibility, shouldStop: shouldStop)
      for (position, neighbors) in zip(exact, found) { results[position] = neighbors }
    }
    if !probing.isEmpty {
      let found = try probe(
        probing.map { (queries[$0], reach(for: queries[$0])) }, in: view, visibility: visibility,
        shouldStop: shouldStop)
      for (position, neighbors) in zip(probing, found) {
        results[position] = try filledUp(
          neighbors, queries[position], in: view, visibility: visibility, shouldStop: shouldStop)
      }
    }
    return results
  }

  // MARK: Effort

  private func reach(for query: SearchQuery) -> ProbeReach {
    var reach = index.widened(reach, forLimit: query.limit)
    if let bounds { reach.bounds = bounds }
    return reach
  }

  /// `found` or, if that is too little, what is found in more and more lists: those nearest to a
  /// query may hold few rows, or rows that are dead.
  private func filledUp(
    _ found: [Neighbor], _ query: SearchQuery, in view: DenseColumnView,
    visibility: VisibilityView, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [Neighbor] {
    guard fillsUp, query.minimumScore == nil else { return found }
    if let allowed = query.allowed {
      if found.count >= min(query.limit, allowed.count) || !scansTail { return found }
      noteScan(query, visibility)
      return try ExactScan(metric: metric).search(
        [query], in: view, visibility: visibility, shouldStop: shouldStop)[0]
    }
    let lists = index.generation.lists.count
    var found = found
    var probes = reach(for: query).probes
    while found.count < min(query.limit, Int(visibility.rowCount)), probes < lists {
      probes = min(lists, 4 * probes)
      let reach = ProbeReach(probes: probes, bounds: .wide)
      found = try probe(
        [(query, reach)], in: view, visibility: visibility, shouldStop: shouldStop)[0]
    }
    return found
  }

  /// Whether distances will be too great to be estimated.
  private func isOutOfRange(_ query: SearchQuery, in view: DenseColumnView) -> Bool {
    // Halves, bytes and vectors of length 1 are never so long.
    guard view.element == .float32 || view.element == .turbo4, metric != .cosine else {
      return false
    }
    return query.vector.withUnsafeBufferPointer { vector in
      guard let first = vector.baseAddress else { return false }
      return !index.generation.quantizer.layout.canEstimate(first)
    }
  }

  /// The nearer rows of a filtered query are spread over more lists; see ``FilterGrowth``.
  private func probes(for query: SearchQuery) -> Int {
    let reach = reach(for: query)
    guard let allowed = query.allowed, allowed.count > 0 else { return reach.evenProbes }
    let share = Double(allowed.count) / Double(max(allowed.count, Int(allowed.rowCount)))
    let widened = Double(reach.evenProbes) / pow(share, reach.filterExponent)
    return min(index.generation.lists.count, Int(widened.rounded(.up)))
  }

  /// Whether so many rows are wanted that finding and sorting them costs more than scoring all.
  private func wantsGoodPart(_ limit: Int, _ visibility: VisibilityView) -> Bool {
    limit >= max(1, Int(visibility.rowCount) / 4)
  }

  /// Whether scoring every allowed row costs less than probing for them.
  private func prefersExact(_ query: SearchQuery, in view: DenseColumnView) -> Bool {
    guard let allowed = query.allowed else { return false }
    if FilterCost.areFew(allowed.count, in: view) { return true }
    let cost = FilterCost(
      dimension: view.dimension,
      share: Double(allowed.count) / Double(max(1, Int(allowed.rowCount))))
    let lists = index.generation.lists
    let probes = probes(for: query)
    let entries = Double(index.coveredRows) * 2 / Double(max(1, lists.count)) * Double(probes)
    // Probing takes longer by what it reranks, and several times as long where the rows lie apart
    // from the query; few rows are soon all scored.
    return cost.exact(rows: allowed.count)
      < FilterCost.probingShare * (cost.probing(entries: entries) + cost.beside(lists: probes))
  }

  // MARK: Traces

  private func noteScan(_ query: SearchQuery, _ visibility: VisibilityView) {
    trace?.add(.init(scored: query.allowed?.count ?? Int(visibility.rowCount)))
  }

  private func noteProbes(of lane: SearchLane, _ visibility: VisibilityView) {
    guard let trace else { return }
    let lists = index.generation.lists
    let probes = lane.earlierProbes + lane.probes
    let tail = scansTail ? tailRows(lane.query, visibility) : 0
    trace.add(
      .init(
        lists: lists.count, probes: probes.count,
        entries: probes.reduce(0) { $0 + lists[Int($1.list)].entryCount },
        scored: lane.scoredCount + tail))
  }

  /// Rows that are not in lists and are scored for a query.
  private func tailRows(_ query: SearchQuery, _ visibility: VisibilityView) -> Int {
    if let allowed = query.allowed, FlatScanner(visibility: visibility).shouldGather(allowed) {
      return allowed.offsets(from: index.coveredRows).reduce(0) { count, _ in count + 1 }
    }
    return max(0, Int(visibility.rowCount) - Int(index.coveredRows))
  }

  // MARK: Probing

  /// How far the last neighbour of a query is that it wants, as the nearest lists tell; see
  /// ``RemoteReach``. Infinite if these have too few rows.
  func neighborDistance(
    of query: SearchQuery, in view: DenseColumnView, visibility: VisibilityView
  ) -> Float {
    let lane = lane(for: query, errors: reach.bounds, in: view, visibility)
    ListSelection.select(reach, index.generation, for: lane)
    let scan = ListScan(generation: index.generation, visibility: visibility)
    guard scan.run([lane], shouldStop: { false }) else { return .infinity }
    return lane.neighborDistance(rank: query.limit, metric)
  }

  private func lane(
    for query: SearchQuery, errors: ErrorBounds, in view: DenseColumnView,
    _ visibility: VisibilityView
  ) -> SearchLane {
    SearchLane(
      query, vector: view.codec.listForm(of: query.vector, metric: metric),
      limit: min(query.limit, max(1, Int(visibility.rowCount))),
      scorer: view.scorer(for: query.vector, metric: metric), errors: errors,
      quantizer: index.generation.quantizer)
  }

  /// Takes lanes through the lists within their reach.
  ///
  /// - Returns: which lists were looked at for each lane that is filtered.
  private func scan(
    _ lanes: [SearchLane], _ reaches: [ProbeReach], _ visibility: VisibilityView,
    _ shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [FilteredProbes?] {
    let generation = index.generation
    let scan = ListScan(generation: generation, visibility: visibility)
    var filtered = [FilteredProbes?](repeating: nil, count: lanes.count)
    var others: [(lane: SearchLane, reach: ProbeReach)] = []
    for (position, (lane, reach)) in zip(lanes, reaches).enumerated() {
      if shouldStop() { throw SearchInterrupted() }
      if let allowed = lane.allowed {
        var probes = FilteredProbes(generation, allowed: allowed, reach: reach)
        guard probes.run(self.probes(for: lane.query), lane, scan, shouldStop: shouldStop) else {
          throw SearchInterrupted()
        }
        filtered[position] = probes
      } else {
        ListSelection.select(reach, generation, for: lane)
        others.append((lane, reach))
      }
    }
    guard scan.run(others.map(\.lane), shouldStop: shouldStop) else { throw SearchInterrupted() }
    let further = others.filter { ListSelection.widen($0.reach, generation, for: $0.lane) }
    guard scan.run(further.map(\.lane), shouldStop: shouldStop) else { throw SearchInterrupted() }
    return filtered
  }

  private func probe(
    _ queries: [(query: SearchQuery, reach: ProbeReach)], in view: DenseColumnView,
    visibility: VisibilityView, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [[Neighbor]] {
    let generation = index.generation
    var lanes: [SearchLane] = []
    for (query, reach) in queries {
      let lane = lane(for: query, errors: reach.bounds, in: view, visibility)
      lane.take(strays: generation.strays)
      lanes.append(lane)
    }
    let filtered = try scan(lanes, queries.map(\.reach), visibility, shouldStop)
    let rerank = Rerank(visibility: visibility)
    let crowded = CrowdedSearch(
      generation: generation, visibility: visibility, mayScoreAll: scansTail)
    var collected: [TopK] = []
    var unsettled: [Int] = []
    for (position, lane) in lanes.enumerated() {
      if shouldStop() { throw SearchInterrupted() }
      // A number of lists that was asked for is not exceeded.
      let best =
        if let probes = filtered[position], !queries[position].reach.isFixed {
          try crowded.nearest(of: lane, probes, shouldStop: shouldStop)
        } else { rerank.nearest(of: lane) }
      if best == nil { unsettled.append(position) }
      collected.append(best ?? TopK(capacity: 0))
      noteProbes(of: lane, visibility)
    }
    if scansTail, index.coveredRows < visibility.rowCount {
      try scanTail(of: lanes, &collected, visibility, shouldStop)
    }
    var results = try TopK.sorted(collected, shouldStop: shouldStop)
    for position in unsettled {
      noteScan(queries[position].query, visibility)
      results[position] = try ExactScan(metric: metric).search(
        [queries[position].query], in: view, visibility: visibility, shouldStop: shouldStop)[0]
    }
    return results
  }

  /// Takes lanes past the rows that are in no list yet, a query that few rows may answer past those
  /// alone.
  private func scanTail(
    of lanes: [SearchLane], _ collected: inout [TopK], _ visibility: VisibilityView,
    _ shouldStop: () -> Bool
  ) throws(SearchInterrupted) {
    let scanner = FlatScanner(visibility: visibility)
    let covered = index.coveredRows
    var tail = zip(lanes, collected).map { lane, collector in
      ScanLane(lane.query, scorer: lane.scorer, collector: collector)
    }
    var scanned: [Int] = []
    for position in tail.indices {
      guard let allowed = tail[position].allowed, scanner.shouldGather(allowed) else {
        scanned.append(position)
        continue
      }
      guard scanner.gather(allowed, from: covered, for: &tail[position], shouldStop: shouldStop)
      else { throw SearchInterrupted() }
    }
    guard
      scanner.scan(
        &tail, at: scanned, rows: covered..<visibility.rowCount, shouldStop: shouldStop)
    else { throw SearchInterrupted() }
    collected = tail.map(\.collector)
  }
}

import PointModel
import RowSets
import VectorIndex

/// The rows of a dense field and its lists, if there are any, as the readers of one commit see
/// them.
struct DenseFieldView: FieldView {
  let field: any VectorField
  private let rows: DenseColumnView
  private let rowMetric: Metric
  private let index: IVFIndexView?
  private let queries: QueryReservoir

  init(
    _ field: DenseField, rows: DenseColumnView, metric: Metric, index: IVFIndexView?,
    queries: QueryReservoir
  ) {
    self.field = field
    self.rows = rows
    self.rowMetric = metric
    self.index = index
    self.queries = queries
  }

  /// The rows of what must be a view of a dense field.
  static func rows(of view: any FieldView) -> DenseColumnView {
    guard let view = view as? DenseFieldView else { preconditionFailure("another field's view") }
    return view.rows
  }

  // MARK: Rows

  func contains(_ offset: UInt32) -> Bool { rows.contains(offset) }

  func value(at offset: UInt32) -> VectorValue? { rows.row(offset).map { .dense($0) } }

  func appendStored(_ offset: UInt32, to bytes: inout [UInt8]) -> Bool {
    rows.withEncodedRow(offset) { bytes.append(contentsOf: $0) } != nil
  }

  // MARK: Scores

  /// Other elements cut the numbers of a query, so that sums of vectors are no vectors to ask with.
  func similaritySum(_ examples: [VectorValue], weights: [Double]) -> SimilaritySum? {
    guard rows.element == .float32 else { return nil }
    return SimilaritySum(examples, weights: weights, rowMetric)
  }

  func scorer(for query: VectorValue) -> any Scorer {
    rows.scorer(for: query.denseValues, metric: rowMetric)
  }

  /// Rows are normalised already.
  func scorer(likeRow offset: UInt32) -> (any Scorer)? {
    rows.row(offset).map { rows.scorer(for: $0, metric: rowMetric) }
  }

  func numbers(of offsets: [UInt32]) -> (any VectorField)? {
    if rows.element == .float32 { return nil }
    let params = VectorParams(size: rows.dimension, distance: distance)
    return DenseField(name: name, params, number: 0).placing(offsets.map(value))
  }

  // MARK: Searches

  func isExact(_ params: SearchParams) -> Bool { params.exact || index == nil }

  func scoresAll(of allowed: RowMask, _ params: SearchParams) -> Bool {
    !params.indexedOnly && IVFSearch.scoresAll(allowed, in: rows)
  }

  var waitsForDisk: Bool { rows.hasFiles }

  func bytesRead(limit: Int, _ search: FieldSearch) -> Int {
    searching(search).bytesRead(limit: limit, in: rows, visibility: search.visibility)
  }

  func search(
    _ queries: [FieldQuery], _ search: FieldSearch, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [[Neighbor]] {
    if !isExact(search.params) {
      for query in queries where query.isTypical { self.queries.offer(query.value.denseValues) }
    }
    let factor = isExact(search.params) ? 1 : search.params.oversampling ?? 1
    var found = try searching(search).search(
      queries.map { SearchQuery($0, oversampling: factor) }, in: rows,
      visibility: search.visibility, shouldStop: shouldStop)
    if factor > 1 {
      for (position, query) in queries.enumerated() where found[position].count > query.limit {
        found[position].removeSubrange(query.limit...)
      }
    }
    return found
  }

  func ranking(
    _ query: FieldQuery, _ search: FieldSearch, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> any FieldRanking {
    guard let index, !search.params.exact else {
      return ScoredRanking(
        try RankedScan(
          ScorerQuery(scorer(for: query.value), limit: 0, allowed: query.allowed),
          visibility: search.visibility, shouldStop: shouldStop))
    }
    return DenseRanking(
      SearchQuery(query), IVFSearch(index, effort: search.effort, trust: search.trust),
      rows: rows, visibility: search.visibility)
  }

  /// Through the index if there is one and the request does not forbid it.
  private func searching(_ search: FieldSearch) -> any VectorSearching {
    guard let index, !search.params.exact else { return ExactScan(metric: rowMetric) }
    var through = IVFSearch(
      index, effort: search.effort, scansTail: !search.params.indexedOnly,
      fillsUp: search.fillsUp, trust: search.trust)
    through.trace = search.trace
    return through
  }
}

extension FieldSearch {
  /// How hard lists are looked through.
  var effort: SearchEffort {
    switch params.ivf {
    case .recall(let recall): return .recall(recall)
    case .probes(let probes): return .probes(probes)
    case nil: break
    }
    if let candidates = params.hnswEf { return .candidates(candidates) }
    return .recall(recallTarget)
  }

  /// How far codes are trusted.
  var trust: CodeTrust {
    if params.ignoresCodes { return .little }
    return params.rescore == false ? .blind : .calibrated
  }
}

extension SearchQuery {
  /// - Parameter oversampling: how many times as many neighbours are looked for.
  fileprivate init(_ query: FieldQuery, oversampling: Double = 1) {
    let limit = (Double(query.limit) * oversampling).rounded(.up)
    self.init(
      vector: query.value.denseValues, limit: Int(min(limit, Double(UInt32.max))),
      allowed: query.allowed)
  }
}

/// Rows from searches of an index that ask for more each time.
struct DenseRanking: FieldRanking {
  private let query: SearchQuery
  private let search: IVFSearch
  private let rows: DenseColumnView
  private let visibility: VisibilityView
  private var handedOut: Set<UInt32> = []

  fileprivate init(
    _ query: SearchQuery, _ search: IVFSearch, rows: DenseColumnView, visibility: VisibilityView
  ) {
    self.query = query
    self.search = search
    self.rows = rows
    self.visibility = visibility
  }

  /// Rows that the index misses are never handed out.
  var isComplete: Bool { false }

  mutating func next(
    _ count: Int, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [Neighbor] {
    var query = query
    query.limit = handedOut.count + count
    let found = try search.search(
      [query], in: rows, visibility: visibility, shouldStop: shouldStop)[0]
    let next = found.filter { !handedOut.contains($0.offset) }
    handedOut.formUnion(next.map(\.offset))
    return next
  }
}

import PointModel
import VectorIndex

/// The rows of a field of multivectors, as the readers of one commit see them.
struct MultiFieldView: FieldView {
  /// Reading vectors is the smaller part of comparing them.
  private static let workForReading = 8

  let field: any VectorField
  let rows: MultiColumnView
  private let index: MultiIndexView
  private let metric: Metric
  private let rowBytes: Int

  init(
    _ field: MultiField, rows: MultiColumnView, index: MultiIndexView, metric: Metric,
    rowBytes: Int
  ) {
    self.field = field
    self.rows = rows
    self.index = index
    self.metric = metric
    self.rowBytes = rowBytes
  }

  // MARK: Rows

  func contains(_ offset: UInt32) -> Bool { rows.contains(offset) }

  func value(at offset: UInt32) -> VectorValue? {
    rows.row(offset).flatMap { MultiVector(dimension: rows.dimension, values: $0) }
      .map { .multi($0) }
  }

  func appendStored(_ offset: UInt32, to bytes: inout [UInt8]) -> Bool {
    let isThere: Void? = rows.withEncodedRow(offset) { vectors in
      MultiFormat.append(count: vectors.count / rows.vectorBytes, to: &bytes)
      bytes.append(contentsOf: vectors)
    }
    return isThere != nil
  }

  // MARK: Scores

  func scorer(for query: VectorValue) -> any Scorer {
    rows.scorer(for: query.vectorValues, metric: metric)
  }

  /// Rows are normalised already.
  func scorer(likeRow offset: UInt32) -> (any Scorer)? {
    rows.row(offset).map { rows.scorer(for: $0, metric: metric) }
  }

  /// What a vector of one is like is the best of the other, and not the other way round.
  var isSymmetric: Bool { false }

  func numbers(of offsets: [UInt32]) -> (any VectorField)? {
    if rows.element == .float32 { return nil }
    let params = VectorParams(
      size: rows.dimension, distance: distance, multivector: MultiVectorParams())
    return MultiField(name: name, params, number: 0).placing(offsets.map(value))
  }

  // MARK: Searches

  /// Whether searches ask lists.
  var isIndexed: Bool { index.end > 0 }

  func isExact(_ params: SearchParams) -> Bool { params.exact || !isIndexed }

  func bytesRead(limit: Int, _ search: FieldSearch) -> Int {
    let rows = Int(search.visibility.rowCount)
    guard !isExact(search.params) else { return rows * rowBytes * Self.workForReading }
    let scored = min(rows, search.multiEffort.candidates(limit) + rows - Int(index.end))
    return index.residentBytes / 8 + scored * rowBytes * Self.workForReading
  }

  func search(
    _ queries: [FieldQuery], _ search: FieldSearch, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [[Neighbor]] {
    if isExact(search.params) {
      return try ExactScan.nearest(
        queries.map { query in
          ScorerQuery(scorer(for: query.value), limit: query.limit, allowed: query.allowed)
        }, visibility: search.visibility, shouldStop: shouldStop)
    }
    let through = MultiSearch(
      index: index, column: rows, visibility: search.visibility, effort: search.multiEffort,
      scansTail: !search.params.indexedOnly)
    var found: [[Neighbor]] = []
    for query in queries {
      found.append(
        try through.search(
          query.value.vectorValues, limit: query.limit, allowed: query.allowed,
          shouldStop: shouldStop))
    }
    return found
  }
}

extension FieldSearch {
  /// How many rows are compared with a multivector.
  fileprivate var multiEffort: MultiEffort {
    switch params.ivf {
    case .recall(let recall): return .recall(recall)
    case .probes(let lists): return .probes(lists)
    case nil: break
    }
    if let candidates = params.hnswEf { return .candidates(candidates) }
    return .recall(recallTarget)
  }
}

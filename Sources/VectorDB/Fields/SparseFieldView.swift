import Glibc
import PointModel
import RowSets
import VectorIndex

/// The rows of a sparse field and their inverted index, as the readers of one commit see them.
struct SparseFieldView: FieldView {
  let field: any VectorField
  let rows: SparseColumnView
  private let index: SparseIndexView
  /// Whether weights of queries are multiplied by how rare their indices are.
  let usesRarity: Bool

  init(
    _ field: SparseField, rows: SparseColumnView, index: SparseIndexView, usesRarity: Bool
  ) {
    self.field = field
    self.rows = rows
    self.index = index
    self.usesRarity = usesRarity
  }

  var readsPostings: Bool { true }

  // MARK: Rows

  func contains(_ offset: UInt32) -> Bool { rows.contains(offset) }

  func value(at offset: UInt32) -> VectorValue? {
    rows.vector(offset).map { .sparse(SparseVector(ascending: $0.indices, $0.weights)) }
  }

  func appendStored(_ offset: UInt32, to bytes: inout [UInt8]) -> Bool {
    guard let (indices, weights) = rows.vector(offset) else { return false }
    SparseFormat.append(indices, weights, to: &bytes)
    return true
  }

  func isRounded(_ offset: UInt32) -> Bool { rows.isRounded(offset) }

  // MARK: Scores

  func scorer(for query: VectorValue) -> any Scorer { rows.scorer(for: SparseQuery(query)) }

  /// Rows without a common index are not found.
  func scores(finding query: VectorValue) -> ([UInt32]) -> [Float?] {
    let query = SparseQuery(query)
    return { offsets in offsets.map { rows.score(of: query, at: $0) } }
  }

  /// Multiplies weights by how rare their indices are: `ln(1 + (N − n + 0.5) / (n + 0.5))` for an
  /// index that `n` of `N` documents have, as Qdrant has it.
  func weighted(
    _ query: VectorValue, among corpus: RowMask?, _ visibility: VisibilityView,
    shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> VectorValue {
    guard usesRarity else { return query }
    let vector = query.sparseVector
    let counts = try index.documentCounts(
      of: vector.indices, column: rows, visibility: visibility, allowed: corpus,
      shouldStop: shouldStop)
    let documents = Float(counts.documents)
    let weights = zip(vector.values, counts.counts).map { weight, count in
      let holding = Float(count)
      return weight * logf((documents - holding + 0.5) / (holding + 0.5) + 1)
    }
    return .sparse(SparseVector(ascending: vector.indices, weights))
  }

  // MARK: Searches

  /// A search looks at a few hundred bytes for each thousand rows, and more where bounds say less.
  func bytesRead(limit: Int, _ search: FieldSearch) -> Int {
    let waiting = Int(search.visibility.rowCount) - Int(min(index.end, search.visibility.rowCount))
    return index.rowCount * 2 + waiting * 256
  }

  func search(
    _ queries: [FieldQuery], _ search: FieldSearch, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [[Neighbor]] {
    try SparseSearch(column: rows, index: index, visibility: search.visibility).search(
      queries.map {
        SparseSearchQuery(vector: SparseQuery($0.value), limit: $0.limit, allowed: $0.allowed)
      }, shouldStop: shouldStop)
  }

  func ranking(
    _ query: FieldQuery, _ search: FieldSearch, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> any FieldRanking {
    var query = query
    query.limit = Int(search.visibility.rowCount)
    return SparseRanking(try self.search([query], search, shouldStop: shouldStop)[0])
  }
}

/// All rows that share an index with a query.
private struct SparseRanking: FieldRanking {
  private var rest: ArraySlice<Neighbor>
  private(set) var isComplete = false

  init(_ neighbors: [Neighbor]) { rest = neighbors[...] }

  mutating func next(
    _ count: Int, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [Neighbor] {
    let next = rest.prefix(count)
    rest = rest.dropFirst(count)
    isComplete = next.isEmpty
    return Array(next)
  }
}

extension SparseQuery {
  fileprivate convenience init(_ value: VectorValue) {
    let vector = value.sparseVector
    self.init(indices: vector.indices, weights: vector.values)
  }
}

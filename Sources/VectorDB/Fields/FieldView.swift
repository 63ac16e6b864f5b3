import PointModel
import RowSets
import VectorIndex

/// A field at one moment, for the readers of one commit: everything that a query may ask of the
/// vectors of one name.
///
/// Immutable and cheap to copy; holds the memory of its rows for as long as it lives. Rows may be
/// looked at below the row count of the visibility that it was taken together with. Scores are
/// internal ones: higher is better, whatever the distance.
protocol FieldView: Sendable {
  /// What it is a view of.
  var field: any VectorField { get }

  // MARK: Rows

  /// Whether the row at `offset` has a vector.
  func contains(_ offset: UInt32) -> Bool

  /// The vector of the row at `offset`, as it is in memory; `nil` if it has none.
  func value(at offset: UInt32) -> VectorValue?

  /// Whether the row at `offset` may have other numbers in memory than in the store, which
  /// ``ReadTransaction/value(at:of:)`` reads.
  func isRounded(_ offset: UInt32) -> Bool

  /// Appends the vector of the row at `offset`, as it is in memory, as ``VectorField/format`` keeps
  /// it.
  ///
  /// - Returns: false, and nothing is appended, if the row has none.
  func appendStored(_ offset: UInt32, to bytes: inout [UInt8]) -> Bool

  // MARK: Scores

  /// One vector that stands for the weighted sum of the similarities to `examples`, which
  /// ``VectorField/prepared(query:)`` made; `nil` where there is none.
  func similaritySum(_ examples: [VectorValue], weights: [Double]) -> SimilaritySum?

  /// `query`, which ``VectorField/prepared(query:)`` made, prepared for the rows.
  func scorer(for query: VectorValue) -> any Scorer

  /// Scores rows by their likeness to the row at `offset`, as if it were only a vector: without
  /// what a field does to queries. `nil` if the row has no vector.
  func scorer(likeRow offset: UInt32) -> (any Scorer)?

  /// The scores of rows as a search with `query` finds them; `nil` for those that it would not
  /// find, whatever their score: without a vector, or with nothing in common.
  func scores(finding query: VectorValue) -> ([UInt32]) -> [Float?]

  /// `query` with what the field does to queries by what its rows are like.
  ///
  /// - Parameters:
  ///   - query: as ``VectorField/prepared(query:)`` made it.
  ///   - corpus: the rows that count for that; `nil` for all.
  /// - Throws: `SearchInterrupted` after `shouldStop` returned true.
  func weighted(
    _ query: VectorValue, among corpus: RowMask?, _ visibility: VisibilityView,
    shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> VectorValue

  /// Whether ``weighted(_:among:_:shouldStop:)`` does anything.
  var usesRarity: Bool { get }

  /// Whether two rows are as like each other whichever of them is the query.
  var isSymmetric: Bool { get }

  /// A field that has the vectors of rows at 0, 1, 2 … as the numbers that ``value(at:)`` gives,
  /// neither rounded nor normalised; `nil` where they are kept as such already.
  func numbers(of offsets: [UInt32]) -> (any VectorField)?

  // MARK: Searches

  /// Whether a search with `params` scores all rows that it may return: then what it finds is
  /// one ranking, however many are asked for.
  func isExact(_ params: SearchParams) -> Bool

  /// Whether `allowed`, which alone may answer a search with `params`, are so few that all of them
  /// are scored, with an index or without.
  func scoresAll(of allowed: RowMask, _ params: SearchParams) -> Bool

  /// Whether a search reads posting lists rather than rows.
  var readsPostings: Bool { get }

  /// Whether looking at rows may wait for a disk.
  var waitsForDisk: Bool { get }

  /// About how many bytes the search for `limit` neighbours of one query without `allowed` reads
  /// from memory, which tells short searches from long ones.
  func bytesRead(limit: Int, _ search: FieldSearch) -> Int

  /// The nearest visible rows for each query, best first; equal scores by lower offset. Runs on
  /// the calling thread.
  ///
  /// - Parameters:
  ///   - queries: searched together, which may share the reading of rows.
  ///   - shouldStop: polled often enough to react within a millisecond or so.
  /// - Returns: one array a query, in order, of at most its limit.
  /// - Throws: `SearchInterrupted` after `shouldStop` returned true.
  func search(
    _ queries: [FieldQuery], _ search: FieldSearch, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [[Neighbor]]

  /// The rows that a search would find, handed out piece by piece; the query's limit is of no
  /// effect.
  ///
  /// - Throws: `SearchInterrupted` after `shouldStop` returned true.
  func ranking(
    _ query: FieldQuery, _ search: FieldSearch, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> any FieldRanking
}

/// What a view does that can score its rows and knows nothing better.
extension FieldView {
  /// The vector's name; empty for the unnamed one.
  var name: String { field.name }
  /// What scores clients see.
  var distance: Distance { field.distance }

  func isRounded(_ offset: UInt32) -> Bool { false }

  func similaritySum(_ examples: [VectorValue], weights: [Double]) -> SimilaritySum? { nil }

  func numbers(of offsets: [UInt32]) -> (any VectorField)? { nil }

  func scorer(likeRow offset: UInt32) -> (any Scorer)? {
    value(at: offset).map { scorer(for: field.prepared(query: $0)) }
  }

  func scores(finding query: VectorValue) -> ([UInt32]) -> [Float?] {
    let scorer = scorer(for: query)
    return { scorer.scores(at: $0) }
  }

  var usesRarity: Bool { false }

  var readsPostings: Bool { false }

  var waitsForDisk: Bool { false }

  func weighted(
    _ query: VectorValue, among corpus: RowMask?, _ visibility: VisibilityView,
    shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> VectorValue { query }

  var isSymmetric: Bool { true }

  /// Every row is scored.
  func isExact(_ params: SearchParams) -> Bool { true }

  func scoresAll(of allowed: RowMask, _ params: SearchParams) -> Bool { false }

  /// All of the rows.
  func bytesRead(limit: Int, _ search: FieldSearch) -> Int {
    Int(search.visibility.rowCount) * max(field.rowBytes, 64)
  }

  /// Every row is scored.
  func search(
    _ queries: [FieldQuery], _ search: FieldSearch, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [[Neighbor]] {
    try ExactScan.nearest(
      queries.map { ScorerQuery(scorer(for: $0.value), limit: $0.limit, allowed: $0.allowed) },
      visibility: search.visibility, shouldStop: shouldStop)
  }

  /// Every row is scored at once, and sorted as far as is asked for.
  func ranking(
    _ query: FieldQuery, _ search: FieldSearch, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> any FieldRanking {
    ScoredRanking(
      try RankedScan(
        ScorerQuery(scorer(for: query.value), limit: 0, allowed: query.allowed),
        visibility: search.visibility, shouldStop: shouldStop))
  }
}

/// One query of a batch.
struct FieldQuery: Sendable {
  /// As ``VectorField/prepared(query:)`` made it.
  var value: VectorValue
  /// How many neighbours are wanted at most.
  var limit: Int
  /// Only these offsets may be returned; `nil` allows all.
  var allowed: RowMask?
  /// Whether an index may be calibrated with it.
  var isTypical = false
}

/// What the queries of one search share.
struct FieldSearch: Sendable {
  /// The effort, as the client asked for it.
  let params: SearchParams
  /// The recall@10 that an index aims at where `params` say nothing.
  let recallTarget: Double
  /// Whether searches go on until they have found as many points as are wanted.
  let fillsUp: Bool
  /// Which of the rows exist for this reader.
  let visibility: VisibilityView
  /// Where a search through an index writes down what it looked at; `nil` where nobody asks.
  var trace: SearchTrace?
}

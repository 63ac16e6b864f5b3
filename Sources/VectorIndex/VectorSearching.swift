/// Something that finds the nearest rows of a column.
public protocol VectorSearching: Sendable {
  /// About how many bytes of rows, codes and centroids the search for `limit` neighbours of one
  /// query without `allowed` reads: what tells short searches from long ones.
  func bytesRead(limit: Int, in view: DenseColumnView, visibility: VisibilityView) -> Int

  /// The nearest visible rows for each query, best first; equal scores by lower offset. Runs on
  /// the calling thread.
  ///
  /// - Parameters:
  ///   - queries: searched together, which shares the reading of the rows. Each vector has the
  ///     view's dimension.
  ///   - view: the rows, taken together with `visibility` (see ``DenseColumn``).
  ///   - visibility: which of the rows exist for this reader.
  ///   - shouldStop: polled often enough to react within a millisecond or so.
  /// - Returns: one array a query, in order, of at most its limit.
  /// - Throws: ``SearchInterrupted`` after `shouldStop` returned true.
  func search(
    _ queries: [SearchQuery], in view: DenseColumnView, visibility: VisibilityView,
    shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [[Neighbor]]
}

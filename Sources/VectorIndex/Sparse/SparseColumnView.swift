/// A column of sparse vectors at one moment, for one reader.
///
/// Immutable and cheap to copy; holds the memory of its rows for as long as it lives. Rows may be
/// looked at below the row count that the reader holds (see ``DenseColumn``).
public struct SparseColumnView: Sendable {
  private let table: ChunkTable<SparseChunk>

  init(table: ChunkTable<SparseChunk>) {
    self.table = table
  }

  /// Whether there is a vector at `offset`.
  public func contains(_ offset: UInt32) -> Bool {
    withExtendedLifetime(table) { row(at: offset) != nil }
  }

  /// A copy of the vector at `offset`: ascending indices and their weights, as they are kept. `nil`
  /// if there is none.
  public func vector(_ offset: UInt32) -> (indices: [UInt32], weights: [Float])? {
    withExtendedLifetime(table) {
      row(at: offset).map { row in
        (
          Array(UnsafeBufferPointer(start: row.indices, count: row.count)),
          (0..<row.count).map(row.weight)
        )
      }
    }
  }

  /// Whether the weights of the row at `offset` may be other ones than those that were written.
  public func isRounded(_ offset: UInt32) -> Bool {
    withExtendedLifetime(table) { row(at: offset)?.isRounded ?? false }
  }

  /// The elements of the vector at `offset`, none if there is no vector.
  public func elementCount(_ offset: UInt32) -> Int {
    withExtendedLifetime(table) { row(at: offset)?.count ?? 0 }
  }

  /// `query` prepared for the rows of this view: inner products, 0 where no index is common.
  public func scorer(for query: SparseQuery) -> any Scorer {
    SparseScorer(query, view: self)
  }

  /// The inner product of `query` and the row at `offset`; `nil` if there is no row, or no index in
  /// common.
  public func score(of query: SparseQuery, at offset: UInt32) -> Float? {
    withExtendedLifetime(table) { row(at: offset).flatMap(query.score) }
  }

  /// A present row, valid while the view lives.
  func row(at offset: UInt32) -> SparseRow? {
    table.addresses(of: Int(offset) >> SparseChunk.rowShift)?
      .row(Int(offset) & (SparseChunk.rowCount - 1))
  }

  /// Where a present row is, valid while the view lives.
  func address(of offset: UInt32) -> UnsafeRawPointer? {
    table.addresses(of: Int(offset) >> SparseChunk.rowShift)?
      .address(Int(offset) & (SparseChunk.rowCount - 1))
  }

  /// Whether the chunk that holds `offset` has rows.
  func hasChunk(of offset: UInt32) -> Bool {
    table.addresses(of: Int(offset) >> SparseChunk.rowShift) != nil
  }
}

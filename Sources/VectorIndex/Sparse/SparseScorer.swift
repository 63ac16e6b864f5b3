/// Scores sparse rows with one vector: inner products, 0 where no index is common.
final class SparseScorer: Scorer {
  private let view: SparseColumnView
  private let query: SparseQuery

  init(_ query: SparseQuery, view: SparseColumnView) {
    self.query = query
    self.view = view
  }

  var rowBytes: Int { Self.typicalRowBytes }
  var rowsPerChunk: Int { SparseColumn.rowsPerChunk }

  /// Rows differ; this is about right for most texts.
  private static let typicalRowBytes = 512

  func contains(_ offset: UInt32) -> Bool { view.contains(offset) }

  func score(_ rows: Range<UInt32>, into scores: UnsafeMutableBufferPointer<Float>) -> Bool {
    withExtendedLifetime(view) {
      guard view.hasChunk(of: rows.lowerBound) else { return false }
      for (index, offset) in rows.enumerated() {
        scores[index] = view.row(at: offset).flatMap(query.score) ?? 0
      }
      return true
    }
  }

  func score(
    at offsets: UnsafeBufferPointer<UInt32>, following: Int,
    into scores: UnsafeMutableBufferPointer<Float>
  ) {
    withExtendedLifetime(view) {
      for index in 0..<offsets.count - following {
        guard let row = view.row(at: offsets[index]) else {
          preconditionFailure("a row that is not there is scored")
        }
        scores[index] = query.score(row) ?? 0
      }
    }
  }
}

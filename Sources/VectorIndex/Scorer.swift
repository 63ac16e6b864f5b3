/// A query prepared for the rows of one column: it scores them, higher is better, and nobody else
/// has to know what a row is made of.
///
/// Immutable; holds the memory of the rows for as long as it lives. Rows may be looked at below the
/// row count that the reader holds (see ``DenseColumn``). A row gets the same bits by either way of
/// asking.
public protocol Scorer: AnyObject, Sendable {
  /// Bytes that are read to score a row.
  var rowBytes: Int { get }

  /// Rows that lie side by side: chunk `i` holds the offsets from `i * rowsPerChunk` on. A power of
  /// two.
  var rowsPerChunk: Int { get }

  /// Whether there is a row at `offset`.
  func contains(_ offset: UInt32) -> Bool

  /// Writes the scores of consecutive rows of one chunk. Those of absent rows mean nothing.
  ///
  /// - Returns: false, and nothing is written, if the chunk has no rows at all.
  func score(_ rows: Range<UInt32>, into scores: UnsafeMutableBufferPointer<Float>) -> Bool

  /// Writes the scores of the rows at `offsets`, all of which are present, but for the last
  /// `following`, which are only fetched. At most 256 offsets.
  func score(
    at offsets: UnsafeBufferPointer<UInt32>, following: Int,
    into scores: UnsafeMutableBufferPointer<Float>)
}

extension Scorer {
  /// The scores of the rows at `offsets`, in their order; `nil` for those that are absent.
  public func scores(at offsets: [UInt32]) -> [Float?] {
    let present = offsets.filter(contains)
    var scores = [Float](repeating: 0, count: present.count)
    present.withUnsafeBufferPointer { present in
      scores.withUnsafeMutableBufferPointer { scores in
        for start in stride(from: 0, to: present.count, by: ScorerLimits.offsets) {
          let part = start..<min(present.count, start + ScorerLimits.offsets)
          score(
            at: UnsafeBufferPointer(rebasing: present[part]), following: 0,
            into: UnsafeMutableBufferPointer(rebasing: scores[part]))
        }
      }
    }
    var next = 0
    return offsets.map { offset in
      guard next < present.count, present[next] == offset else { return nil }
      next += 1
      return scores[next - 1]
    }
  }
}

/// Bounds that scorers and their users share.
enum ScorerLimits {
  /// Offsets that are scored at once.
  static let offsets = 256
}

/// Scores the rows of a dense column with one vector.
final class DenseScorer: Scorer {
  private let view: DenseColumnView
  private let query: RowQuery

  /// Prepares `query`, of the view's dimension.
  init(_ query: [Float], metric: Metric, view: DenseColumnView) {
    self.view = view
    self.query = RowQuery(query, metric: metric, codec: view.codec)
  }

  var rowBytes: Int { view.rowBytes }
  var rowsPerChunk: Int { view.rowsPerChunk }

  func contains(_ offset: UInt32) -> Bool { view.contains(offset) }

  func score(_ rows: Range<UInt32>, into scores: UnsafeMutableBufferPointer<Float>) -> Bool {
    withExtendedLifetime(view) {
      guard let first = view.start(of: rows) else { return false }
      query.score(first, into: UnsafeMutableBufferPointer(rebasing: scores[..<rows.count]))
      return true
    }
  }

  func score(
    at offsets: UnsafeBufferPointer<UInt32>, following: Int,
    into scores: UnsafeMutableBufferPointer<Float>
  ) {
    withUnsafeTemporaryAllocation(of: UnsafeRawPointer.self, capacity: offsets.count) { rows in
      withExtendedLifetime(view) {
        for (index, offset) in offsets.enumerated() {
          guard let row = view.address(of: offset) else {
            preconditionFailure("a row that is not there is scored")
          }
          rows.initializeElement(at: index, to: row)
        }
        query.score(
          gathering: UnsafeBufferPointer(rows), following: following, into: scores)
      }
    }
  }
}

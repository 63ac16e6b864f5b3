import Synchronization

/// The inverted index of a ``SparseColumn``: segments of up to 65,536 rows, made behind the
/// commits; the rows after them are scored one by one.
///
/// Segments never change. New rows get one of their own as soon as there are 512 of them, and
/// neighbours that are not much larger are made anew together with them. A segment most of whose
/// rows have died is made anew too, and one without rows goes.
public final class SparseIndex: Sendable {
  private let current = TraceableMutex(SparseIndexView())
  /// One thread at a time updates.
  private let updating = Mutex<Void>(())

  /// An index of no rows.
  public init() {}

  /// Rows that get a segment.
  public static let minimumRows = 512

  /// A neighbour of so many times the rows is made anew with them.
  private static let greatestRatio = 4

  /// What is there now. Taken together with the views of column and visibility.
  public func view() -> SparseIndexView { current.withLock { $0 } }

  /// Memory of the segments, in bytes.
  public var residentBytes: Int { view().segments.reduce(0) { $0 + $1.byteCount } }

  /// Makes one segment, if there is one to make, and shows it to later readers. Not on the thread
  /// of commits: takes a fraction of a second.
  ///
  /// - Parameters:
  ///   - column: the rows, taken together with `visibility`.
  ///   - visibility: of a published commit; not older than that of an earlier call.
  ///   - shouldStop: polled often; what was begun is then thrown away.
  /// - Returns: whether there may be more to do.
  public func update(
    column: SparseColumnView, visibility: VisibilityView, shouldStop: () -> Bool = { false }
  ) -> Bool {
    updating.withLock { _ in
      let view = view()
      if let range = view.rangeOfNewRows(at: visibility, ratio: Self.greatestRatio) {
        return replace(range, of: view, column, visibility, shouldStop)
      }
      if let segment = view.segments.first(where: { $0.isMostlyDead(at: visibility) }) {
        return replace(segment.range, of: view, column, visibility, shouldStop)
      }
      return false
    }
  }

  /// Whether ``update(column:visibility:shouldStop:)`` has something to do.
  public func needsUpdate(at visibility: VisibilityView) -> Bool {
    let view = view()
    return view.rangeOfNewRows(at: visibility, ratio: Self.greatestRatio) != nil
      || view.segments.contains { $0.isMostlyDead(at: visibility) }
  }

  private func replace(
    _ range: Range<UInt32>, of view: SparseIndexView, _ column: SparseColumnView,
    _ visibility: VisibilityView, _ shouldStop: () -> Bool
  ) -> Bool {
    let segment = SparseSegmentBuild.segment(
      range, column: column, visibility: visibility, shouldStop: shouldStop)
    if segment == nil, shouldStop() { return false }
    let next = view.replacing(range, with: segment)
    current.withLock { $0 = next }
    return true
  }
}

/// The segments of an index at one moment.
public struct SparseIndexView: Sendable {
  /// By ascending offsets.
  private(set) var segments: [SparseSegment] = []
  /// Rows below this are in a segment, or were dead.
  public private(set) var end: UInt32 = 0

  /// How many segments there are.
  package var segmentCount: Int { segments.count }

  /// Rows that segments hold, dead ones among them.
  public var rowCount: Int { segments.reduce(0) { $0 + $1.rowCount } }

  /// The offsets that the next segment is to be made of, if there are enough new rows.
  fileprivate func rangeOfNewRows(at visibility: VisibilityView, ratio: Int) -> Range<UInt32>? {
    let rowCount = visibility.committedRowCount(from: end)
    // Blocks of other segments begin where this one ends.
    let new = Int(rowCount - end) & ~63
    guard new >= SparseIndex.minimumRows else { return nil }
    var start = end
    var length = new
    for segment in segments.reversed() {
      let rows = segment.range.count
      guard segment.range.upperBound == start, rows <= ratio * length,
        rows + length <= SparseSegment.rowsMax
      else { break }
      start = segment.range.lowerBound
      length += rows
    }
    return start..<start + UInt32(min(length, SparseSegment.rowsMax))
  }

  /// With `segment` instead of those in `range`.
  fileprivate func replacing(_ range: Range<UInt32>, with segment: SparseSegment?) -> Self {
    var view = self
    view.segments.removeAll { range.contains($0.range.lowerBound) }
    if let segment {
      let place = view.segments.firstIndex { $0.range.lowerBound > range.lowerBound }
      view.segments.insert(segment, at: place ?? view.segments.count)
    }
    view.end = max(end, range.upperBound)
    return view
  }
}

import Synchronization

/// The inverted index of a ``MultiColumn``: centroids of its vectors, and for each of them the rows
/// that have a vector near to it. It finds candidates, whose scores are worked out exactly (PLAID,
/// arXiv 2205.09707, without codes of what vectors differ from their centroids by).
///
/// It is made behind the commits, in segments that never change; rows after the last of them are
/// scored one by one. When there are four times as many vectors as the centroids were trained on,
/// all is made anew.
public final class MultiIndex: Sendable {
  let metric: Metric
  private let current: TraceableMutex<MultiIndexView>
  /// One thread at a time updates.
  private let updating = Mutex<Void>(())

  /// An index of no rows.
  public init(metric: Metric) {
    self.metric = metric
    current = TraceableMutex(MultiIndexView(metric: metric))
  }

  /// Rows that get a segment.
  public static let minimumRows = SparseIndex.minimumRows

  /// A neighbour of so many times the rows is made one with them.
  private static let greatestRatio = 4
  /// So many times the vectors that centroids were trained on have others trained.
  private static let greatestGrowth = 4

  /// What is there now. Taken together with the views of column and visibility.
  public func view() -> MultiIndexView { current.withLock { $0 } }

  /// Shows another state to later readers.
  func replace(with view: MultiIndexView) {
    updating.withLock { _ in current.withLock { $0 = view } }
  }

  /// Memory of centroids and lists, in bytes.
  public var residentBytes: Int { view().residentBytes }

  /// Does one thing that there is to do, and shows it to later readers. Not on the thread of
  /// commits: takes a fraction of a second, or seconds where centroids are trained.
  ///
  /// - Parameters:
  ///   - column: the rows, taken together with `visibility`.
  ///   - visibility: of a published commit; not older than that of an earlier call.
  ///   - shouldStop: polled often; what was begun is then thrown away.
  /// - Returns: whether there may be more to do.
  public func update(
    column: MultiColumnView, visibility: VisibilityView, shouldStop: () -> Bool = { false }
  ) -> Bool {
    updating.withLock { _ in
      let view = view()
      let end = visibility.committedRowCount(from: view.end)
      guard let next = self.next(view, end, column, visibility, shouldStop) else { return false }
      current.withLock { $0 = next }
      return true
    }
  }

  private func next(
    _ view: MultiIndexView, _ end: UInt32, _ column: MultiColumnView,
    _ visibility: VisibilityView, _ shouldStop: () -> Bool
  ) -> MultiIndexView? {
    let build = MultiIndexBuild(metric: metric, column: column, visibility: visibility)
    guard Int(end - view.end) >= Self.minimumRows else {
      return view.segments.firstIndex { $0.isMostlyDead(at: visibility) }.map {
        view.merging($0..<$0 + 1, with: nil, visibility)
      }
    }
    let vectors = build.vectorCount(in: view.end..<end)
    if let centroids = view.centroids,
      view.vectorCount + vectors < Self.greatestGrowth * view.trainedVectors
    {
      guard let new = build.segment(view.end..<end, centroids, shouldStop: shouldStop) else {
        return nil
      }
      var first = view.segments.count
      var rows = new.range.count
      while first > 0, view.segments[first - 1].range.count <= Self.greatestRatio * rows {
        first -= 1
        rows += view.segments[first].range.count
      }
      var next = view.merging(first..<view.segments.count, with: new, visibility)
      next.vectorCount += vectors
      return next
    }
    let all = build.vectorCount(in: 0..<end)
    guard let centroids = build.centroids(0..<end, vectorCount: all, shouldStop: shouldStop),
      let segment = build.segment(0..<end, centroids, shouldStop: shouldStop)
    else { return nil }
    return MultiIndexView(
      metric: metric, centroids: centroids, segments: [segment], trainedVectors: all,
      vectorCount: all)
  }
}

/// The segments of an index at one moment.
public struct MultiIndexView: Sendable {
  let metric: Metric
  /// `nil` as long as there are no segments.
  let centroids: Centroids?
  /// By ascending offsets, without gaps, the first from 0.
  fileprivate(set) var segments: [MultiSegment]
  /// How many vectors the centroids were trained on, a sample of them.
  let trainedVectors: Int
  /// How many vectors were entered, those of rows that died among them.
  fileprivate(set) var vectorCount: Int

  init(
    metric: Metric, centroids: Centroids? = nil, segments: [MultiSegment] = [],
    trainedVectors: Int = 0, vectorCount: Int = 0
  ) {
    self.metric = metric
    self.centroids = centroids
    self.segments = segments
    self.trainedVectors = trainedVectors
    self.vectorCount = vectorCount
  }

  /// Rows below this are in a segment, or were dead.
  public var end: UInt32 { segments.last?.range.upperBound ?? 0 }

  /// How many segments there are.
  package var segmentCount: Int { segments.count }

  /// Memory of centroids and lists, in bytes.
  public var residentBytes: Int {
    (centroids?.residentBytes ?? 0) + segments.reduce(0) { $0 + $1.byteCount }
  }

  /// With one segment instead of those at `places` and a new one behind them.
  fileprivate func merging(
    _ places: Range<Int>, with new: MultiSegment?, _ visibility: VisibilityView
  ) -> Self {
    let parts = segments[places] + [new].compactMap { $0 }
    guard let centroids, let first = parts.first, let last = parts.last else { return self }
    var view = self
    let merged =
      parts.count == 1 && new != nil
      ? first
      : MultiSegment(
        merging: parts, range: first.range.lowerBound..<last.range.upperBound,
        centroidCount: centroids.count, visibility)
    view.segments.replaceSubrange(places, with: [merged])
    return view
  }
}

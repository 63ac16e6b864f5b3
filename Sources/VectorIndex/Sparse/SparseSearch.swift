import CVectorKernels
public import RowSets

/// One sparse query of a batch.
public struct SparseSearchQuery: Sendable {
  /// What rows are compared with.
  public var vector: SparseQuery
  /// How many neighbours are wanted at most.
  public var limit: Int
  /// The lowest score that a neighbour may have, itself included.
  public var minimumScore: Float?
  /// Only these offsets may be returned; `nil` allows all.
  public var allowed: RowMask?

  /// The `limit` best rows for `vector`.
  public init(
    vector: SparseQuery, limit: Int, minimumScore: Float? = nil, allowed: RowMask? = nil
  ) {
    self.vector = vector
    self.limit = limit
    self.minimumScore = minimumScore
    self.allowed = allowed
  }
}

/// Exact search of a column of sparse vectors by inner product. Only rows that have an index in
/// common with the query are found, whatever their score.
///
/// Rows get upper bounds of their scores from the segments: integers, summed for 64 rows at once.
/// Superblocks of 4,096 rows are visited by falling bound, within them only the blocks that can
/// hold a result are looked into, and only rows whose bounds reach the worst result so far are
/// scored, in float, from their vectors. The search ends when no superblock reaches it. After
/// block-max pruning (Mallia, Suel, Tonellotto: Faster learned sparse retrieval with block-max
/// pruning, SIGIR 2024) over bitmaps instead of postings.
///
/// Where bounds say nothing (too few results, or only scores that are not positive), every row that
/// shares an index with the query is scored. The outcome is the same as that of scoring all rows.
public struct SparseSearch: Sendable {
  /// The rows.
  public let column: SparseColumnView
  /// Their index.
  public let index: SparseIndexView
  /// Which of the rows exist for this reader.
  public let visibility: VisibilityView
  private let variant: vk_variant
  private let window: Int

  /// Searches views that were taken together.
  public init(column: SparseColumnView, index: SparseIndexView, visibility: VisibilityView) {
    self.init(column: column, index: index, visibility: visibility, using: Kernels.active)
  }

  /// Searches with one set of kernels.
  ///
  /// - Parameter window: how many segments have their lists added up at once, at most what there is
  ///   room for.
  package init(
    column: SparseColumnView, index: SparseIndexView, visibility: VisibilityView,
    using variant: KernelVariant, window: Int = .max
  ) {
    self.window = min(window, SparseListRoom.segments)
    self.column = column
    self.index = index
    self.visibility = visibility
    self.variant = variant.code
  }

  /// Rows that are scored between two looks at `shouldStop`.
  private static let rowsBetweenStops = 1024

  /// An allowed row costs as much as this many rows that are searched.
  private static let gatherRatio = 128

  /// The best visible rows for each query, best first; equal scores by lower offset. Runs on the
  /// calling thread.
  ///
  /// - Parameter shouldStop: polled often enough to react within a millisecond or so.
  /// - Returns: one array a query, in order, of at most its limit.
  /// - Throws: ``SearchInterrupted`` after `shouldStop` returned true.
  public func search(
    _ queries: [SparseSearchQuery], shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [[Neighbor]] {
    var results: [[Neighbor]] = []
    for query in queries {
      if shouldStop() { throw SearchInterrupted() }
      results.append(try search(query, shouldStop: shouldStop))
    }
    return results
  }

  /// Counts the documents that hold each of `indices`; see ``SparseIndexView``.
  public func documentCounts(
    of indices: [UInt32], allowed: RowMask? = nil, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> SparseDocumentCounts {
    try index.documentCounts(
      of: indices, column: column, visibility: visibility, allowed: allowed, shouldStop: shouldStop)
  }

  private func search(
    _ query: SparseSearchQuery, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> [Neighbor] {
    guard query.limit > 0, !query.vector.indices.isEmpty else { return [] }
    var lane = SparseLane(query, column: column, visibility: visibility)
    if let allowed = query.allowed, allowed.count < Int(visibility.rowCount) / Self.gatherRatio {
      try offer(allowed, to: &lane, shouldStop: shouldStop)
      return lane.collector.sorted()
    }
    let end = min(index.end, visibility.rowCount)
    try offer(end..<visibility.rowCount, to: &lane, shouldStop: shouldStop)
    let tail = lane
    var scan = SparseSegmentScan(
      query.vector, segments: index.segments, window: window, variant: variant)
    if try scan.run(&lane, shouldStop: shouldStop) { return lane.collector.sorted() }
    lane = tail
    for segment in index.segments {
      try offer(
        segment.offsetsSharingAnIndex(with: query.vector), to: &lane, shouldStop: shouldStop)
    }
    return lane.collector.sorted()
  }

  private func offer(
    _ offsets: some Sequence<UInt32>, to lane: inout SparseLane, shouldStop: () -> Bool
  ) throws(SearchInterrupted) {
    var visited = 0
    for offset in offsets {
      visited += 1
      if visited.isMultiple(of: Self.rowsBetweenStops), shouldStop() { throw SearchInterrupted() }
      lane.offer(offset)
    }
  }
}

/// One query on its way through rows.
struct SparseLane {
  private let query: SparseSearchQuery
  private let column: SparseColumnView
  private let visibility: VisibilityView
  private(set) var collector: TopK
  /// There are as many results as wanted with this score, at least.
  private var floor = -Float.infinity

  init(_ query: SparseSearchQuery, column: SparseColumnView, visibility: VisibilityView) {
    self.query = query
    self.column = column
    self.visibility = visibility
    collector = TopK(capacity: query.limit)
  }

  /// The lowest score that is worth a look.
  var bound: Float { max(query.minimumScore ?? -.infinity, floor, collector.threshold) }

  /// How many neighbours are wanted.
  var limit: Int { query.limit }

  /// Has the vector of a row brought into the cache.
  func fetch(_ offset: UInt32) {
    if let address = column.address(of: offset) { vk_prefetch(address, 256) }
  }

  /// Raises what is worth a look to the worst of the best among some rows. They are not taken.
  mutating func raiseFloor(by offsets: [UInt32]) {
    var trial = self
    trial.collector = TopK(capacity: query.limit)
    for offset in offsets { fetch(offset) }
    for offset in offsets { trial.offer(offset) }
    floor = max(floor, trial.collector.threshold)
  }

  /// Takes the row if it may be a result and shares an index with the query.
  mutating func offer(_ offset: UInt32) {
    guard query.allowed?.contains(offset) ?? true, visibility.isVisible(offset),
      let row = column.row(at: offset), let score = query.vector.score(row), score >= bound
    else { return }
    collector.offer(offset: offset, score: score)
  }
}

extension SparseSegment {
  /// The rows that hold an index of the query, ascending.
  func offsetsSharingAnIndex(with query: SparseQuery) -> [UInt32] {
    var words = [UInt64](repeating: 0, count: blockCount)
    for index in query.indices {
      guard let number = storage.find(index) else { continue }
      let term = storage.terms[number]
      if storage.kind(term) == .dense {
        let masks = storage.masks + Int(term.start) * blockCount
        for block in 0..<blockCount { words[block] |= masks[block] }
      } else {
        let rows = storage.listRows(term)
        for position in 0..<Int(term.count) {
          words[Int(rows[position] >> 6)] |= 1 << UInt64(rows[position] & 63)
        }
      }
    }
    var offsets: [UInt32] = []
    for (block, word) in words.enumerated() {
      var rest = word
      while rest != 0 {
        offsets.append(range.lowerBound + UInt32(64 * block + rest.trailingZeroBitCount))
        rest &= rest - 1
      }
    }
    return offsets
  }
}

/// Which rows of a range have a vector near to which centroid: a list of rows for each centroid,
/// ascending, none twice. Never changed.
final class MultiSegment: Sendable {
  /// The offsets that it was made of.
  let range: Range<UInt32>
  /// Rows in it, dead ones among them.
  let rowCount: Int
  /// Where each centroid's list begins among ``rows``, and where the last ends.
  let starts: [UInt32]
  /// The lists, one after the other.
  let rows: [UInt32]

  /// A segment of lists that are as they have to be.
  init(range: Range<UInt32>, rowCount: Int, starts: [UInt32], rows: [UInt32]) {
    self.range = range
    self.rowCount = rowCount
    self.starts = starts
    self.rows = rows
  }

  /// - Parameters:
  ///   - owners: rows in ascending order, with one centroid or more each.
  ///   - nearest: the centroids of all of them, one after the other.
  init(
    range: Range<UInt32>, centroidCount: Int, owners: [(row: UInt32, vectors: Int)],
    nearest: [UInt32]
  ) {
    self.range = range
    rowCount = owners.count
    var counts = [UInt32](repeating: 0, count: centroidCount + 1)
    Self.forEachPair(owners, nearest, centroidCount) { centroid, _ in counts[centroid + 1] += 1 }
    for centroid in 0..<centroidCount { counts[centroid + 1] += counts[centroid] }
    starts = counts
    var rows = [UInt32](repeating: 0, count: Int(counts[centroidCount]))
    Self.forEachPair(owners, nearest, centroidCount) { centroid, row in
      rows[Int(counts[centroid])] = row
      counts[centroid] += 1
    }
    self.rows = rows
  }

  /// The visible rows of segments of the same centroids, the first of which begins the range.
  init(
    merging segments: ArraySlice<MultiSegment>, range: Range<UInt32>, centroidCount: Int,
    _ visibility: VisibilityView
  ) {
    self.range = range
    var starts: [UInt32] = [0]
    starts.reserveCapacity(centroidCount + 1)
    var rows: [UInt32] = []
    for centroid in 0..<centroidCount {
      for segment in segments {
        rows.append(contentsOf: segment.list(centroid).lazy.filter(visibility.isVisible))
      }
      starts.append(UInt32(rows.count))
    }
    self.starts = starts
    self.rows = rows
    rowCount = Set(rows).count
  }

  private static func forEachPair(
    _ owners: [(row: UInt32, vectors: Int)], _ nearest: [UInt32], _ centroidCount: Int,
    _ body: (Int, UInt32) -> Void
  ) {
    var last = [UInt32](repeating: .max, count: centroidCount)
    var next = 0
    for (row, vectors) in owners {
      for centroid in nearest[next..<next + vectors] where last[Int(centroid)] != row {
        last[Int(centroid)] = row
        body(Int(centroid), row)
      }
      next += vectors
    }
  }

  /// The rows with a vector near to a centroid.
  func list(_ centroid: Int) -> ArraySlice<UInt32> {
    rows[Int(starts[centroid])..<Int(starts[centroid + 1])]
  }

  var byteCount: Int { 4 * (starts.count + rows.count) }

  /// Whether more rows of it are dead than alive.
  func isMostlyDead(at visibility: VisibilityView) -> Bool {
    var visible = 0
    visibility.forEachVisible(in: range) { _ in visible += 1 }
    return 2 * visible < rowCount
  }
}

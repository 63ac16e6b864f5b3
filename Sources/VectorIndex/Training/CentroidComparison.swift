/// Compares rows with the centroids that may be nearest to them: with all or, where there are many,
/// with those of the groups around the group that is nearest to a row. Used by one thread.
final class CentroidComparison {
  /// What a row was compared with.
  struct Scores {
    /// `|c|²/2 − ⟨row, c⟩`, the smaller the nearer; from `VK_NO_VALUE` on for no centroid.
    let values: UnsafePointer<Float>
    /// How many values there are, a multiple of 16.
    let count: Int
    /// Centroids among them.
    let centroidCount: Int
    /// The centroid that each value belongs to; `nil` where that is its position.
    fileprivate let numbers: UnsafePointer<UInt32>?

    /// The centroid that a value belongs to.
    func centroid(_ position: Int) -> Int { numbers.map { Int($0[position]) } ?? position }
  }

  private let centroids: Centroids
  private let groups: CentroidGroups?
  private var values: [Float] = []
  private var numbers: [UInt32] = []

  /// Rows compared at once.
  static let tile = 48

  /// - Parameter groups: those of `centroids`, if they are many.
  init(_ centroids: Centroids, groups: CentroidGroups?) {
    self.centroids = centroids
    self.groups = groups
  }

  /// Calls `body` once for each of `rows`, in any order, with its position among them.
  func forEach(
    _ rows: UnsafeBufferPointer<UnsafePointer<Float>>, _ body: (Int, Scores) -> Void
  ) {
    guard let groups else { return compareWithAll(rows, body) }
    let nearest = nearestGroups(rows, groups)
    let order = rows.indices.map { SortKey.make(ascending: Float(nearest[$0]), UInt32($0)) }
      .sorted().map(SortKey.position)
    var start = 0
    while start < order.count {
      let group = nearest[order[start]]
      var end = start + 1
      while end < order.count, end - start < Self.tile, nearest[order[end]] == group { end += 1 }
      compare(order[start..<end], of: rows, around: group, groups, body)
      start = end
    }
  }

  private func compareWithAll(
    _ rows: UnsafeBufferPointer<UnsafePointer<Float>>, _ body: (Int, Scores) -> Void
  ) {
    reserve(Self.tile * centroids.width)
    for start in stride(from: 0, to: rows.count, by: Self.tile) {
      let part = UnsafeBufferPointer(rebasing: rows[start..<min(rows.count, start + Self.tile)])
      values.withUnsafeMutableBufferPointer { values in
        guard let first = values.baseAddress else { return }
        centroids.compare(part, into: first)
        for row in part.indices {
          body(
            start + row,
            Scores(
              values: UnsafePointer(first + row * centroids.width), count: centroids.width,
              centroidCount: centroids.count, numbers: nil))
        }
      }
    }
  }

  private func nearestGroups(
    _ rows: UnsafeBufferPointer<UnsafePointer<Float>>, _ groups: CentroidGroups
  ) -> [Int] {
    let width = groups.centers.width
    reserve(Self.tile * width)
    var nearest: [Int] = []
    nearest.reserveCapacity(rows.count)
    for start in stride(from: 0, to: rows.count, by: Self.tile) {
      let part = UnsafeBufferPointer(rebasing: rows[start..<min(rows.count, start + Self.tile)])
      values.withUnsafeMutableBufferPointer { values in
        guard let first = values.baseAddress else { return }
        groups.centers.compare(part, into: first)
        for row in part.indices {
          nearest.append(Selection.smallest(of: first + row * width, count: width))
        }
      }
    }
    return nearest
  }

  private func compare(
    _ positions: ArraySlice<Int>, of rows: UnsafeBufferPointer<UnsafePointer<Float>>,
    around group: Int, _ groups: CentroidGroups, _ body: (Int, Scores) -> Void
  ) {
    let parts = groups.neighbors(of: group).map(Int.init)
    let width = parts.reduce(0) { $0 + groups.parts[$1].width }
    reserve(positions.count * width)
    numbers.removeAll(keepingCapacity: true)
    for part in parts {
      numbers += groups.members[part]
      numbers += repeatElement(
        CodeLayout.noRow, count: groups.parts[part].width - groups.members[part].count)
    }
    let compared = positions.map { rows[$0] }
    let centroidCount = parts.reduce(0) { $0 + groups.members[$1].count }
    values.withUnsafeMutableBufferPointer { values in
      numbers.withUnsafeBufferPointer { numbers in
        guard let first = values.baseAddress else { return }
        var column = 0
        for part in parts {
          compared.withUnsafeBufferPointer {
            groups.parts[part].compare($0, into: first + column, stride: width)
          }
          column += groups.parts[part].width
        }
        for (row, position) in positions.enumerated() {
          body(
            position,
            Scores(
              values: UnsafePointer(first + row * width), count: width,
              centroidCount: centroidCount, numbers: numbers.baseAddress))
        }
      }
    }
  }

  private func reserve(_ count: Int) {
    if values.count < count { values = [Float](repeating: 0, count: count) }
  }
}

/// Many centroids in groups of neighbours, so that those nearest to a row are found by a look at
/// few of them: a second level above the lists.
///
/// Immutable. Deterministic for the centroids and a kernel variant.
final class CentroidGroups: Sendable {
  /// The middle of every group, `groups × d`.
  let centers: Centroids
  /// The centroids of every group, packed for products with rows.
  let parts: [Centroids]
  /// The numbers of each part's centroids, ascending.
  let members: [[UInt32]]
  /// For each group the groups nearest to its middle, nearest first: itself, and ``neighborCount``
  /// others.
  private let neighbors: [UInt32]
  private let neighborCount: Int

  /// Centroids from which on groups pay.
  static let leastCount = 2_048
  /// Centroids of a group on average.
  private static let size = 64
  /// Rounds of Lloyd's algorithm over the centroids.
  private static let rounds = 4
  /// Centroids that a row is compared with, at least: those of the groups around its own.
  private static let compared = 1_024

  /// Groups `centroids`; `nil` where they are too few for it to pay.
  init?(_ centroids: Centroids) {
    guard centroids.count >= Self.leastCount else { return nil }
    let count = centroids.count / Self.size
    // Centroids stand in the random order of a sample.
    var centers = Centroids(dimension: centroids.dimension, count: count) { out in
      for number in 0..<count {
        (out + number * centroids.dimension).update(
          from: centroids.row(number), count: centroids.dimension)
      }
    }
    var nearest: [Int] = []
    for _ in 0..<Self.rounds {
      nearest = Self.nearest(centers, to: centroids)
      centers = Self.means(of: centroids, nearest, like: centers)
    }
    nearest = Self.nearest(centers, to: centroids)
    var members = [[UInt32]](repeating: [], count: count)
    for (number, group) in nearest.enumerated() { members[group].append(UInt32(number)) }
    let kept = members.indices.filter { !members[$0].isEmpty }
    self.members = kept.map { members[$0] }
    self.centers = Centroids(dimension: centroids.dimension, gathering: kept.map(centers.row))
    parts = self.members.map { numbers in
      Centroids(
        dimension: centroids.dimension, gathering: numbers.map { centroids.row(Int($0)) })
    }
    neighborCount = min(kept.count, Self.compared * kept.count / centroids.count + 1)
    neighbors = Self.neighbors(of: self.centers, count: neighborCount)
  }

  /// How many groups there are.
  var count: Int { parts.count }

  /// Groups that have so many centroids together, if they are of usual size, and a few more.
  func enough(for centroids: Int) -> Int {
    min(count, 4 + 5 * centroids / (4 * Self.size))
  }

  /// The groups around a group, itself first.
  func neighbors(of group: Int) -> ArraySlice<UInt32> {
    neighbors[group * neighborCount..<(group + 1) * neighborCount]
  }

  /// Bytes of the middles and of the packed centroids.
  var residentBytes: Int {
    centers.residentBytes + parts.reduce(0) { $0 + $1.residentBytes } + 4 * neighbors.count
  }

  // MARK: Making

  private static func nearest(_ centers: Centroids, to centroids: Centroids) -> [Int] {
    let batch = 64
    let values = UnsafeMutablePointer<Float>.allocate(capacity: batch * centers.width)
    defer { values.deallocate() }
    var result: [Int] = []
    result.reserveCapacity(centroids.count)
    for start in stride(from: 0, to: centroids.count, by: batch) {
      let rows = (start..<min(centroids.count, start + batch)).map(centroids.row)
      rows.withUnsafeBufferPointer { centers.compare($0, into: values) }
      for row in rows.indices {
        result.append(Selection.smallest(of: values + row * centers.width, count: centers.width))
      }
    }
    return result
  }

  private static func means(
    of centroids: Centroids, _ nearest: [Int], like centers: Centroids
  ) -> Centroids {
    let dimension = centroids.dimension
    return Centroids(dimension: dimension, count: centers.count) { out in
      var sizes = [Float](repeating: 0, count: centers.count)
      for (number, group) in nearest.enumerated() {
        let sum = out + group * dimension
        let row = centroids.row(number)
        for index in 0..<dimension { sum[index] += row[index] }
        sizes[group] += 1
      }
      for (group, size) in sizes.enumerated() {
        let row = out + group * dimension
        if size > 0 {
          for index in 0..<dimension { row[index] /= size }
        } else {
          row.update(from: centers.row(group), count: dimension)
        }
      }
    }
  }

  private static func neighbors(of centers: Centroids, count: Int) -> [UInt32] {
    let values = UnsafeMutablePointer<Float>.allocate(capacity: centers.width)
    defer { values.deallocate() }
    var result: [UInt32] = []
    for group in 0..<centers.count {
      let row = [centers.row(group)]
      row.withUnsafeBufferPointer { centers.compare($0, into: values) }
      // A middle is the nearest to itself, also among equal ones.
      values[group] = -.infinity
      let keys = (0..<centers.count).map { SortKey.make(ascending: values[$0], UInt32($0)) }
      result += keys.sorted().prefix(count).map { UInt32(SortKey.position($0)) }
    }
    return result
  }
}

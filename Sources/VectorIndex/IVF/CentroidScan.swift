import Glibc

/// Estimates how far centroids are from one query: of all of them or, where there are many, of
/// those in the groups nearest to the query. Used by one thread, in memory of its lane.
struct CentroidScan: ~Copyable {
  private let generation: IVFGeneration
  /// The estimates, in terms of ``CoarseQuantizer/orderMetric``, lower is nearer; `∞` for none.
  let estimates: UnsafeMutablePointer<Float>
  /// How many estimates there are, a multiple of 16.
  private(set) var count = 0
  /// How far an estimate is usually off: one standard deviation.
  private(set) var deviation: Float = 0
  /// The list of each estimate, where it isn't its position.
  private let numbers: UnsafeMutablePointer<UInt32>?
  /// Centroids that it was to estimate; `nil` for all.
  private let looked: Int?

  /// What is to be known to go on with a scan, beside what is in the lane's memory.
  struct Extent {
    fileprivate let count: Int
    fileprivate let deviation: Float
    fileprivate let looked: Int?

    /// Whether a scan for so many lists would estimate no others.
    func suffices(for wanted: Int) -> Bool {
      looked.map { CentroidScan.looked(for: wanted) <= $0 } ?? true
    }
  }

  /// Centroids looked at, at least, and for each list that is wanted.
  private static let least = 768
  private static let perList = 12

  /// Looks for so many lists.
  init(_ generation: IVFGeneration, lane: SearchLane, wanted: Int) {
    self.generation = generation
    let quantizer = generation.quantizer
    let looked = Self.looked(for: wanted)
    if let groups = quantizer.groups, looked < quantizer.count / 2 {
      self.looked = looked
      estimates = lane.scratch.estimates.room(for: quantizer.groupEstimateCount)
      numbers = lane.scratch.estimateLists.room(for: quantizer.groupEstimateCount)
      scanGroups(groups, lane, wanted: looked)
    } else {
      self.looked = nil
      estimates = lane.scratch.estimates.room(for: quantizer.codes.estimateCount)
      numbers = nil
      scanAll(lane)
    }
    // Lists without an entry are as if they were not there.
    if generation.emptyLists.isEmpty { return }
    for position in 0..<count where estimates[position] < CodeLayout.unreachable {
      if generation.lists[list(position)].entryCount == 0 { estimates[position] = .infinity }
    }
  }

  /// Goes on with the latest scan of the lane.
  init(_ generation: IVFGeneration, lane: SearchLane, from extent: Extent) {
    self.generation = generation
    (count, deviation, looked) = (extent.count, extent.deviation, extent.looked)
    let quantizer = generation.quantizer
    let isWhole = extent.looked == nil
    let room = isWhole ? quantizer.codes.estimateCount : quantizer.groupEstimateCount
    estimates = lane.scratch.estimates.room(for: room)
    numbers = isWhole ? nil : lane.scratch.estimateLists.room(for: room)
  }

  /// How far it came.
  var extent: Extent { Extent(count: count, deviation: deviation, looked: looked) }

  private static func looked(for wanted: Int) -> Int { max(least, perList * wanted) }

  private var quantizer: CoarseQuantizer { generation.quantizer }

  /// The list that an estimate is of.
  func list(_ position: Int) -> Int { numbers.map { Int($0[position]) } ?? position }

  private mutating func scanAll(_ lane: SearchLane) {
    let (score, squaredLength) = quantizer.mean.withUnsafeBufferPointer { mean in
      lane.withQuery { query in
        (
          VectorMath.score(quantizer.orderMetric, query, mean),
          quantizer.ranksByProduct ? Float(VectorMath.squaredLength(mean)) : 0
        )
      }
    }
    quantizer.codes.estimate(lane.table, centerDistance: -score, into: estimates)
    count = quantizer.codes.estimateCount
    deviation =
      ErrorBounds.deviation * quantizer.codes.meanSlope
      * distance(score: score, squaredLength, lane)
  }

  private mutating func scanGroups(_ groups: CentroidGroups, _ lane: SearchLane, wanted: Int) {
    let nearest = ranked(groups, lane, wanted: wanted)
    var seen = 0
    var farthest: Float = 0
    var slopes: Float = 0
    var scanned = 0
    for key in nearest where seen < wanted {
      let group = SortKey.position(key)
      let codes = quantizer.groupCodes[group]
      let members = groups.members[group]
      let distance = SortKey.value(key)
      codes.estimate(lane.table, centerDistance: distance, into: estimates + count)
      for (index, number) in members.enumerated() { numbers?[count + index] = number }
      count += codes.estimateCount
      seen += members.count
      scanned += 1
      slopes += codes.meanSlope
      farthest = max(
        farthest,
        self.distance(score: -distance, 2 * groups.centers.halfSquaredLength(group), lane))
    }
    deviation = ErrorBounds.deviation * slopes / Float(max(1, scanned)) * farthest
  }

  /// The nearest groups that have so many centroids together, as sort keys of their distance in
  /// terms of the order metric.
  private func ranked(
    _ groups: CentroidGroups, _ lane: SearchLane, wanted: Int
  ) -> [UInt64] {
    let count = groups.centers.width
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { distances in
      guard let first = distances.baseAddress else { return [] }
      let scores = UnsafeMutableBufferPointer(rebasing: distances[..<groups.count])
      lane.withQuery { query in
        Kernels.score(
          quantizer.orderMetric, query: query, rows: groups.centers.row(0), into: scores)
      }
      for group in 0..<groups.count { distances[group] = -distances[group] }
      for padding in groups.count..<count { distances[padding] = .infinity }
      var enough = groups.enough(for: wanted)
      while true {
        let keys = smallest(enough, of: first, count: count)
        let members = keys.reduce(0) { $0 + groups.members[SortKey.position($1)].count }
        if members >= wanted || enough == groups.count { return keys }
        enough = min(groups.count, 2 * enough)
      }
    }
  }

  private func smallest(
    _ wanted: Int, of distances: UnsafePointer<Float>, count: Int
  ) -> [UInt64] {
    let slack = 8
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: wanted + slack) { positions in
      guard let first = positions.baseAddress else { return [] }
      let picked = Selection.smallest(
        wanted, of: distances, count: count, slack: slack, into: first)
      var keys = positions[..<picked].map {
        SortKey.make(ascending: distances[Int($0)], $0)
      }
      keys.withUnsafeMutableBufferPointer { SortKey.sortSmallest(wanted, of: $0) }
      keys.removeLast(picked - wanted)
      return keys
    }
  }

  /// `|q − c|` for a centre of that score.
  private func distance(score: Float, _ squaredLength: Float, _ lane: SearchLane) -> Float {
    let squared =
      quantizer.ranksByProduct ? lane.squaredLength + squaredLength - 2 * score : -score
    return max(0, squared).squareRoot()
  }
}

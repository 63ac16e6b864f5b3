import CVectorKernels

/// The search of one query in all segments by upper bounds.
///
/// Bounds are in units that are the same in all segments: the greatest that a query could get in
/// one of them is a little less than 65,536.
struct SparseSegmentScan {
  private let variant: vk_variant
  /// How many segments have their lists added up at once.
  private let window: Int
  private var targets: [SparseTarget] = []
  /// Units of a score of 1.
  private let unitsOfOne: Double
  /// What a bound may be lower than the score that it stands for: steps that are rounded down, and
  /// the rounding of sums of floats.
  private let slack: Double
  /// Whether there are bounds at all.
  private let isUseful: Bool
  /// Whether rows get what lists give them before anything else is looked at.
  private let addsListsFirst: Bool
  /// Superblocks by falling bound, unless lists are added first.
  private var visits: [SparseVisit] = []

  /// The greatest sum of factors.
  private static let unitsMax = 65_000.0
  private static let termsMax = 10_000
  /// With so many terms that many rows hold, superblocks differ too little to be told apart.
  private static let manyTerms = 4

  init(_ query: SparseQuery, segments: [SparseSegment], window: Int, variant: vk_variant) {
    self.variant = variant
    self.window = window
    var targets = segments.map { SparseTarget($0, query: query) }
    targets.removeAll { !$0.sharesAnIndex }
    let greatest = targets.reduce(0) { max($0, $1.greatest) }
    let absolute = targets.reduce(0) { max($0, $1.absolute) }
    let terms = Double(query.indices.count)
    unitsOfOne =
      greatest > 0 && query.indices.count <= Self.termsMax
      ? (Self.unitsMax - 3 * terms) / greatest : 0
    slack = terms + 2 + absolute * unitsOfOne * terms * 0x1p-23
    isUseful = unitsOfOne > 0 && unitsOfOne.isFinite
    addsListsFirst = targets.contains { $0.denseCount >= Self.manyTerms }
    self.targets = targets
    guard isUseful else { return }
    for (number, target) in targets.enumerated() {
      let excess = target.excess(unitsOfOne)
      let bounds = target.prepare(unitsOfOne: unitsOfOne, findsBounds: !addsListsFirst)
      if addsListsFirst { continue }
      for (superblock, bound) in bounds.enumerated() where bound > 0 {
        visits.append(
          SparseVisit(target: number, superblock: superblock, bound: Double(bound) + excess))
      }
    }
    visits.sort { $0.bound > $1.bound }
  }

  /// The lowest units that a row with the score may have, beyond what its target adds to all.
  private func units(of score: Float) -> Double {
    min(Double(score), Double(Float.greatestFiniteMagnitude)) * unitsOfOne - slack
  }

  /// - Returns: whether the results are those of all rows of the segments; if not, they are of no
  ///   use.
  mutating func run(
    _ lane: inout SparseLane, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> Bool {
    if targets.isEmpty { return true }
    guard isUseful else { return false }
    if addsListsFirst {
      try runListsFirst(&lane, shouldStop: shouldStop)
    } else {
      try runByBounds(&lane, shouldStop: shouldStop)
    }
    let units = units(of: lane.bound)
    return targets.allSatisfy { units - $0.excess(unitsOfOne) >= 1 }
  }

  private func runByBounds(
    _ lane: inout SparseLane, shouldStop: () -> Bool
  ) throws(SearchInterrupted) {
    let scratch = SparseScratch()
    for visit in visits {
      if Double(visit.bound) < units(of: lane.bound) { break }
      if shouldStop() { throw SearchInterrupted() }
      let target = targets[visit.target]
      let threshold = threshold(target, lane)
      let count = target.scan(
        visit.superblock, threshold: threshold, into: scratch, using: variant)
      offer(count, of: target, in: scratch, to: &lane)
    }
  }

  /// Adds up what lists give to rows, scores those that get the most of it, and then looks, knowing
  /// how good a result has to be, into what the other terms add.
  private func runListsFirst(
    _ lane: inout SparseLane, shouldStop: () -> Bool
  ) throws(SearchInterrupted) {
    let room = SparseListRoom.take()
    defer { room.giveBack() }
    for start in stride(from: 0, to: targets.count, by: window) {
      let window = targets[start..<min(start + window, targets.count)]
      var leaders = SparseLeaders(capacity: lane.limit)
      for (place, target) in window.enumerated() {
        if shouldStop() { throw SearchInterrupted() }
        for superblock in 0..<target.segment.superblockCount {
          let lists = room.lists(place, superblock)
          let greatest = target.sumLists(superblock, into: lists, using: variant)
          if greatest > leaders.floor {
            leaders.offer(lists, of: start + place, superblock, using: variant)
          }
        }
      }
      lane.raiseFloor(by: leaders.rows { targets[$0].segment.range.lowerBound })
      for (place, target) in window.enumerated() {
        if shouldStop() { throw SearchInterrupted() }
        let count = target.scan(
          threshold: threshold(target, lane), lists: room.lists(place, 0), into: room.found,
          using: variant)
        offer(count, of: target, in: room.found, to: &lane)
      }
    }
  }

  private func threshold(_ target: SparseTarget, _ lane: SparseLane) -> UInt32 {
    let units = units(of: lane.bound) - target.excess(unitsOfOne)
    return UInt32(max(1, min(65_536, units.rounded(.down))))
  }

  /// Rows whose bounds are far from the best are worth a look only after those have been scored.
  private static let manyRows = 64

  private func offer(
    _ count: Int, of target: SparseTarget, in scratch: SparseScratch, to lane: inout SparseLane
  ) {
    guard count > Self.manyRows else {
      offerRows(count, of: target, from: 1, below: .max, scratch, &lane)
      return
    }
    let cut = scratch.cut(count, leaving: 2 * lane.limit)
    offerRows(count, of: target, from: cut, below: .max, scratch, &lane)
    offerRows(count, of: target, from: 1, below: cut, scratch, &lane)
  }

  /// Offers the rows with bounds from `low` to below `high`.
  private func offerRows(
    _ count: Int, of target: SparseTarget, from low: UInt32, below high: UInt32,
    _ scratch: SparseScratch, _ lane: inout SparseLane
  ) {
    let first = target.segment.range.lowerBound
    var threshold = max(low, threshold(target, lane))
    var position = 0
    while position < count {
      // Vectors are fetched a few ahead: nearly all that is read of them is in no cache.
      let end = min(count, position + Self.rowsAhead)
      for next in position..<end where isWanted(scratch.bounds[next], threshold, high) {
        lane.fetch(first + UInt32(scratch.rows[next]))
      }
      for next in position..<end where isWanted(scratch.bounds[next], threshold, high) {
        lane.offer(first + UInt32(scratch.rows[next]))
        threshold = max(low, self.threshold(target, lane))
      }
      position = end
    }
  }

  private static let rowsAhead = 64

  private func isWanted(_ bound: UInt16, _ threshold: UInt32, _ high: UInt32) -> Bool {
    UInt32(bound) >= threshold && UInt32(bound) < high
  }
}

/// A superblock and the most that a row of it can have, in units.
private struct SparseVisit {
  let target: Int
  let superblock: Int
  let bound: Double
}

/// Room for what the scan of a superblock, or of more rows, finds.
final class SparseScratch {
  let sums = UnsafeMutablePointer<UInt16>.allocate(capacity: Int(VK_SPARSE_ROWS))
  let rows: UnsafeMutablePointer<UInt16>
  let bounds: UnsafeMutablePointer<UInt16>

  /// - Parameter capacity: rows that may be found.
  init(rows capacity: Int = Int(VK_SPARSE_ROWS)) {
    rows = .allocate(capacity: capacity)
    bounds = .allocate(capacity: capacity)
  }

  deinit {
    sums.deallocate()
    rows.deallocate()
    bounds.deallocate()
  }

  /// A bound that about `wanted` of the first `count` bounds reach, or more.
  func cut(_ count: Int, leaving wanted: Int) -> UInt32 {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 256) { bins in
      bins.initialize(repeating: 0)
      for position in 0..<count { bins[Int(bounds[position] >> 8)] += 1 }
      var reached = 0
      for bin in (0..<256).reversed() {
        reached += Int(bins[bin])
        if reached >= wanted { return UInt32(bin) << 8 }
      }
      return 0
    }
  }
}

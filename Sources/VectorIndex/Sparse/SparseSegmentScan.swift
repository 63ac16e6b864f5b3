import CVectorKernels

/// The search of one query in all segments by upper bounds.
///
/// Bounds are in units that are the same in all segments: the greatest that a query could get in
/// one of them is a little less than 65,536.
struct SparseSegmentScan {
  private let variant: vk_variant
  private var targets: [SparseTarget] = []
  /// Units of a score of 1.
  private let unitsOfOne: Double
  /// What a bound may be lower than the score that it stands for: steps that are rounded down, and
  /// the rounding of sums of floats.
  private let slack: Double
  /// Whether there are bounds at all.
  private let isUseful: Bool
  /// Superblocks by falling bound.
  private var visits: [SparseVisit] = []

  /// The greatest sum of factors.
  private static let greatestUnits = 65_000.0
  private static let greatestTerms = 10_000

  init(_ query: SparseQuery, segments: [SparseSegment], variant: vk_variant) {
    self.variant = variant
    var targets = segments.map { SparseTarget($0, query: query) }
    targets.removeAll { !$0.sharesAnIndex }
    let greatest = targets.reduce(0) { max($0, $1.greatest) }
    let absolute = targets.reduce(0) { max($0, $1.absolute) }
    let terms = Double(query.indices.count)
    unitsOfOne =
      greatest > 0 && query.indices.count <= Self.greatestTerms
      ? (Self.greatestUnits - 3 * terms) / greatest : 0
    slack = terms + 2 + absolute * unitsOfOne * terms * 0x1p-23
    isUseful = unitsOfOne > 0 && unitsOfOne.isFinite
    guard isUseful else {
      self.targets = targets
      return
    }
    for number in targets.indices {
      targets[number].prepare(unitsOfOne: unitsOfOne)
      let excess = targets[number].excess(unitsOfOne)
      for (superblock, bound) in targets[number].superblockBounds().enumerated() where bound > 0 {
        visits.append(
          SparseVisit(target: number, superblock: superblock, bound: Double(bound) + excess))
      }
    }
    visits.sort { $0.bound > $1.bound }
    self.targets = targets
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
    let units = units(of: lane.bound)
    return targets.allSatisfy { units - $0.excess(unitsOfOne) >= 1 }
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
    for position in 0..<count {
      let bound = UInt32(scratch.bounds[position])
      guard bound >= threshold, bound < high else { continue }
      lane.offer(first + UInt32(scratch.rows[position]))
      threshold = max(low, self.threshold(target, lane))
    }
  }
}

/// A superblock and the most that a row of it can have, in units.
private struct SparseVisit {
  let target: Int
  let superblock: Int
  let bound: Double
}

/// Room for what the scan of a superblock finds.
private final class SparseScratch {
  let sums = UnsafeMutablePointer<UInt16>.allocate(capacity: Int(VK_SPARSE_ROWS))
  let rows = UnsafeMutablePointer<UInt16>.allocate(capacity: Int(VK_SPARSE_ROWS))
  let bounds = UnsafeMutablePointer<UInt16>.allocate(capacity: Int(VK_SPARSE_ROWS))

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

/// A segment as a query finds it.
private struct SparseTarget {
  let segment: SparseSegment
  /// The terms that can add to a score, and the weights of the query for them.
  let terms: [(number: Int, weight: Float)]
  /// The most that a row can get from those.
  let greatest: Double
  /// The most that a row can get from negative weights of rows for negative ones of the query,
  /// which bounds don't know of.
  let unindexed: Double
  /// The greatest sum of amounts.
  let absolute: Double
  /// Whether a row of the segment can be a result at all.
  let sharesAnIndex: Bool
  private var bits: [vk_sparse_bits] = []
  private var lists: [vk_sparse_list] = []

  init(_ segment: SparseSegment, query: SparseQuery) {
    self.segment = segment
    var terms: [(number: Int, weight: Float)] = []
    var greatest = 0.0
    var unindexed = 0.0
    var absolute = 0.0
    var sharesAnIndex = false
    for (index, weight) in zip(query.indices, query.weights) {
      guard let number = segment.storage.find(index) else { continue }
      sharesAnIndex = true
      let most = Double(segment.storage.terms[number].greatest)
      let least = Double(segment.negativeWeights[number] ?? 0)
      absolute += abs(Double(weight)) * max(most, -least)
      if weight > 0, most > 0 {
        terms.append((number, weight))
        greatest += Double(weight) * most
      } else if weight < 0 {
        unindexed += Double(weight) * least
      }
    }
    self.terms = terms
    self.greatest = greatest
    self.unindexed = unindexed
    self.absolute = absolute
    self.sharesAnIndex = sharesAnIndex
  }

  /// What any row may have beyond its bound, in units.
  func excess(_ unitsOfOne: Double) -> Double { unindexed * unitsOfOne }

  /// Makes what the kernels take.
  mutating func prepare(unitsOfOne: Double) {
    let storage = segment.storage
    for (number, weight) in terms {
      let term = storage.terms[number]
      let units = (Double(weight) * Double(term.greatest) * unitsOfOne).rounded(.up)
      // 256 units of a factor are one unit of a bound, 255 steps of a weight its greatest.
      let factor = UInt16(min(65_535, (units * 256 / 255).rounded(.up)))
      switch storage.kind(term) {
      case .dense:
        let place = Int(term.start)
        bits.append(
          vk_sparse_bits(
            masks: storage.masks + place * storage.blockCount,
            starts: storage.starts + place * storage.blockCount,
            maxima: storage.maxima + place * storage.paddedBlocks,
            weights: storage.denseWeights + Int(storage.weightStarts[place]), factor: factor))
      case .long, .short:
        let first = storage.listStart(term)
        let isLong = storage.kind(term) == .long
        lists.append(
          vk_sparse_list(
            rows: storage.rows + first, weights: storage.listWeights + first,
            count: Int(term.count),
            starts: isLong
              ? storage.partStarts + Int(term.start) * (SparseSegmentStorage.superblocks + 1)
              : nil, factor: factor))
      }
    }
  }

  /// The most that a row of each superblock can have.
  func superblockBounds() -> [UInt32] {
    let storage = segment.storage
    var sums = [UInt32](repeating: 0, count: segment.superblockCount)
    var dense = bits.makeIterator()
    var list = lists.makeIterator()
    for (number, _) in terms {
      let term = storage.terms[number]
      let kind = storage.kind(term)
      guard let factor = kind == .dense ? dense.next()?.factor : list.next()?.factor else {
        continue
      }
      if kind == .short {
        var maxima = [UInt8](repeating: 0, count: sums.count)
        let first = Int(term.start)
        for position in first..<first + Int(term.count) {
          let superblock = Int(storage.rows[position]) >> 12
          maxima[superblock] = max(maxima[superblock], storage.listWeights[position])
        }
        for superblock in sums.indices {
          sums[superblock] += (UInt32(maxima[superblock]) * UInt32(factor)) >> 8
        }
      } else {
        let row = kind == .dense ? Int(term.start) : storage.denseCount + Int(term.start)
        let maxima = storage.superMaxima + row * SparseSegmentStorage.superblocks
        for superblock in sums.indices {
          sums[superblock] += (UInt32(maxima[superblock]) * UInt32(factor)) >> 8
        }
      }
    }
    return sums
  }

  /// Finds the rows of a superblock with bounds of at least `threshold`.
  func scan(
    _ superblock: Int, threshold: UInt32, into scratch: SparseScratch, using variant: vk_variant
  ) -> Int {
    bits.withUnsafeBufferPointer { bits in
      lists.withUnsafeBufferPointer { lists in
        var terms = vk_sparse_terms(
          bits: bits.baseAddress, bit_count: bits.count, lists: lists.baseAddress,
          list_count: lists.count)
        return vk_scan_sparse(
          variant, &terms, superblock, segment.blockCount(ofSuperblock: superblock), threshold,
          scratch.sums, scratch.rows, scratch.bounds)
      }
    }
  }
}

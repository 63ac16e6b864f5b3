import CVectorKernels

/// A segment as a query finds it.
///
/// Used by the one search that made it.
final class SparseTarget {
  let segment: SparseSegment
  /// The most that a row can get from terms that bounds know of.
  let greatest: Double
  /// The most that a row can get from negative weights of rows for negative ones of the query,
  /// which bounds don't know of.
  let unindexed: Double
  /// The greatest sum of amounts.
  let absolute: Double
  /// Whether a row of the segment can be a result at all.
  let sharesAnIndex: Bool
  /// Terms that can add to a score and that many rows hold.
  let denseCount: Int
  /// The terms that can add to a score, and the weights of the query for them.
  private let terms: [(number: Int, weight: Float)]
  private var bits: [vk_sparse_bits] = []
  private var lists: [vk_sparse_list] = []
  /// The parts of short lists, for each superblock and the end.
  private var parts: UnsafeMutablePointer<UInt16>?

  private static let partCount = SparseSegmentStorage.superblocks + 1

  init(_ segment: SparseSegment, query: SparseQuery) {
    self.segment = segment
    let storage = segment.storage
    storage.fetch(query.indices)
    var terms: [(number: Int, weight: Float)] = []
    var greatest = 0.0
    var unindexed = 0.0
    var absolute = 0.0
    var sharesAnIndex = false
    var denseCount = 0
    let found = query.indices.map { storage.find($0) }
    for case let number? in found { vk_prefetch(storage.terms + number, 1) }
    for (number, weight) in zip(found, query.weights) {
      guard let number else { continue }
      sharesAnIndex = true
      let term = storage.terms[number]
      let most = Double(term.greatest)
      let least =
        segment.negativeWeights.isEmpty ? 0 : Double(segment.negativeWeights[number] ?? 0)
      absolute += abs(Double(weight)) * max(most, -least)
      if weight > 0, most > 0 {
        terms.append((number, weight))
        storage.fetch(term)
        if storage.kind(term) == .dense { denseCount += 1 }
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
    self.denseCount = denseCount
  }

  deinit { parts?.deallocate() }

  /// What any row may have beyond its bound, in units.
  func excess(_ unitsOfOne: Double) -> Double { unindexed * unitsOfOne }

  /// Makes what the kernels take.
  ///
  /// - Parameter findsBounds: whether the result is needed.
  /// - Returns: the most that a row of each superblock can have, in units.
  @discardableResult
  func prepare(unitsOfOne: Double, findsBounds: Bool = true) -> [UInt32] {
    let storage = segment.storage
    let parts = UnsafeMutablePointer<UInt16>.allocate(
      capacity: max(1, terms.count) * Self.partCount)
    self.parts = parts
    var sums = [UInt32](repeating: 0, count: segment.superblockCount)
    bits.reserveCapacity(terms.count)
    lists.reserveCapacity(terms.count)
    for (position, (number, weight)) in terms.enumerated() {
      let term = storage.terms[number]
      let units = (Double(weight) * Double(term.greatest) * unitsOfOne).rounded(.up)
      // 256 units of a factor are one unit of a bound, 255 steps of a weight its greatest.
      let factor = UInt16(min(65_535, (units * 256 / 255).rounded(.up)))
      let kind = storage.kind(term)
      switch kind {
      case .dense: bits.append(storage.bits(term, factor: factor))
      case .long, .short:
        let first = storage.listStart(term)
        var starts = UnsafePointer(parts + position * Self.partCount)
        if kind == .long {
          starts = UnsafePointer(storage.partStarts + Int(term.start) * Self.partCount)
        } else {
          divide(first..<first + Int(term.count), factor, parts + position * Self.partCount, &sums)
        }
        lists.append(
          vk_sparse_list(
            rows: storage.rows + first, weights: storage.listWeights + first,
            count: Int(term.count), starts: starts, factor: factor))
      }
      if kind != .short, findsBounds { raise(&sums, by: term, kind, factor) }
    }
    lists.sort { $0.factor > $1.factor }
    return sums
  }

  /// Adds the maxima of a term that are kept by superblock.
  private func raise(
    _ sums: inout [UInt32], by term: SparseTerm, _ kind: SparseTermKind, _ factor: UInt16
  ) {
    let storage = segment.storage
    let row = kind == .dense ? Int(term.start) : storage.denseCount + Int(term.start)
    let maxima = storage.superMaxima + row * SparseSegmentStorage.superblocks
    for superblock in sums.indices {
      sums[superblock] += (UInt32(maxima[superblock]) * UInt32(factor)) >> 8
    }
  }

  /// Finds the parts of a short list and adds their maxima.
  private func divide(
    _ entries: Range<Int>, _ factor: UInt16, _ starts: UnsafeMutablePointer<UInt16>,
    _ sums: inout [UInt32]
  ) {
    let storage = segment.storage
    var position = entries.lowerBound
    starts[0] = 0
    for superblock in sums.indices {
      let end = (superblock + 1) << 12
      var greatest: UInt8 = 0
      while position < entries.upperBound, Int(storage.rows[position]) < end {
        greatest = max(greatest, storage.listWeights[position])
        position += 1
      }
      starts[superblock + 1] = UInt16(position - entries.lowerBound)
      sums[superblock] += (UInt32(greatest) * UInt32(factor)) >> 8
    }
  }

  /// Finds the rows of a superblock with bounds of at least `threshold`.
  func scan(
    _ superblock: Int, threshold: UInt32, into scratch: SparseScratch, using variant: vk_variant
  ) -> Int {
    withTerms { terms in
      vk_scan_sparse(
        variant, terms, superblock, segment.blockCount(ofSuperblock: superblock), threshold,
        scratch.sums, scratch.rows, scratch.bounds)
    }
  }

  /// Finds the rows of the segment with bounds of at least `threshold`.
  ///
  /// - Parameters:
  ///   - lists: what its rows have of the terms that few rows hold, by ascending superblocks.
  ///   - scratch: with room for a segment.
  func scan(
    threshold: UInt32, lists: SparseListSums, into scratch: SparseScratch,
    using variant: vk_variant
  ) -> Int {
    withTerms { terms in
      vk_scan_sparse_segment(
        variant, terms, segment.blockCount, threshold, lists.sums, lists.greatest, scratch.rows,
        scratch.bounds)
    }
  }

  /// Sums what the rows of a superblock have of the terms that few rows hold.
  ///
  /// - Returns: the greatest sum.
  func sumLists(
    _ superblock: Int, into lists: SparseListSums, using variant: vk_variant
  ) -> UInt16 {
    withTerms { vk_sum_sparse_lists(variant, $0, superblock, lists.sums, lists.greatest) }
  }

  private func withTerms<Result>(_ body: (UnsafePointer<vk_sparse_terms>) -> Result) -> Result {
    bits.withUnsafeBufferPointer { bits in
      lists.withUnsafeBufferPointer { lists in
        var terms = vk_sparse_terms(
          bits: bits.baseAddress, bit_count: bits.count, lists: lists.baseAddress,
          list_count: lists.count)
        return body(&terms)
      }
    }
  }
}

extension SparseSegmentStorage {
  /// Has what is asked of the indices brought into the cache, all at once.
  fileprivate func fetch(_ indices: [UInt32]) {
    for index in indices where isWithinKeys(index) { vk_prefetch(buckets + bucket(of: index), 8) }
    for index in indices where isWithinKeys(index) {
      vk_prefetch(keys + Int(buckets[bucket(of: index)]), 4)
    }
  }

  /// Has what the kernels take of a term brought into the cache.
  fileprivate func fetch(_ term: SparseTerm) {
    let start = Int(term.start)
    switch kind(term) {
    case .dense: vk_prefetch(weightStarts + start, 4)
    case .long:
      vk_prefetch(longStarts + start, 4)
      vk_prefetch(partStarts + start * (Self.superblocks + 1), 34)
    case .short: vk_prefetch(rows + start, 2 * Int(term.count))
    }
  }

  /// What the kernels take of a term that many rows hold.
  fileprivate func bits(_ term: SparseTerm, factor: UInt16) -> vk_sparse_bits {
    let place = Int(term.start)
    return vk_sparse_bits(
      masks: masks + place * blockCount, starts: starts + place * blockCount,
      maxima: maxima + place * paddedCells,
      weights: denseWeights + Int(weightStarts[place]), factor: factor)
  }
}

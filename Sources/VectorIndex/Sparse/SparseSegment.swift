import CVectorKernels

/// The inverted index of a range of rows: for every index that they hold, which of them hold it,
/// and upper bounds of their weights in steps of 1/255 of the greatest. Immutable.
///
/// Rows are numbered from the first of the range. An index that many rows hold is kept as a bit a
/// row with the weights beside it, by blocks of 64 rows; others are lists of rows. A superblock is
/// 4,096 rows; see `CVectorSparse.h`.
///
/// SAFETY: the memory is filled by the build before the segment exists, never written again, and
/// freed in `deinit`; all else that can change is behind a lock.
final class SparseSegment: @unchecked Sendable {
  /// The offsets it was made of. Rows that were dead by then are left out.
  let range: Range<UInt32>
  /// Rows that were found in the range.
  let rowCount: Int
  /// Rows that hold an index at least.
  let documentCount: Int
  /// By the number of a term; the least weights of those that have negative ones.
  let negativeWeights: [Int: Float]
  /// The deaths recorded when it was made; as long as they are no more, all of its rows live.
  /// `nil` if some of them were of later commits.
  let deaths: Int?
  let storage: SparseSegmentStorage
  /// What was found of visible rows after some had died.
  let memo = TraceableMutex<SparseLiveRowsMemo?>(nil)

  init(
    range: Range<UInt32>, rowCount: Int, documentCount: Int, negativeWeights: [Int: Float],
    deaths: Int?, storage: SparseSegmentStorage
  ) {
    self.range = range
    self.rowCount = rowCount
    self.documentCount = documentCount
    self.negativeWeights = negativeWeights
    self.deaths = deaths
    self.storage = storage
  }

  deinit { storage.deallocate() }

  static let rowsMax = 1 << 16

  var blockCount: Int { storage.blockCount }
  var superblockCount: Int { (blockCount + 63) / 64 }
  var byteCount: Int { storage.byteCount + 128 }

  /// Blocks of a superblock.
  func blockCount(ofSuperblock number: Int) -> Int {
    min(Int(VK_SPARSE_BLOCKS), blockCount - number * Int(VK_SPARSE_BLOCKS))
  }
}

/// A term of a segment: what is known of it without its rows.
struct SparseTerm {
  /// The greatest weight, 0 if none is positive.
  var greatest: Float
  /// Rows that hold it.
  var count: UInt32
  /// Where its rows are: the number among those of its kind.
  var start: UInt32
}

/// The memory of a ``SparseSegment``: one block, all zeros at first.
struct SparseSegmentStorage {
  private let memory: UnsafeMutableRawPointer
  let blockCount: Int
  let termCount: Int
  let denseCount: Int
  let longCount: Int
  /// Indices of the terms, ascending, and where those begin whose distance to the first, shifted,
  /// is the same.
  let keys: UnsafeMutablePointer<UInt32>
  let buckets: UnsafeMutablePointer<UInt32>
  let bucketCount: Int
  let bucketShift: UInt32
  let terms: UnsafeMutablePointer<SparseTerm>
  /// Of terms that many rows hold.
  let masks: UnsafeMutablePointer<UInt64>
  let starts: UnsafeMutablePointer<UInt16>
  let maxima: UnsafeMutablePointer<UInt8>
  let weightStarts: UnsafeMutablePointer<UInt32>
  let denseWeights: UnsafeMutablePointer<UInt8>
  /// Of terms that few rows hold. The long ones of these have their parts marked.
  let rows: UnsafeMutablePointer<UInt16>
  let listWeights: UnsafeMutablePointer<UInt8>
  let longStarts: UnsafeMutablePointer<UInt32>
  let partStarts: UnsafeMutablePointer<UInt16>
  /// By superblock, of terms that many rows hold and then of long lists.
  let superMaxima: UnsafeMutablePointer<UInt8>
  let byteCount: Int

  /// Superblocks of the greatest segment.
  static let superblocks = SparseSegment.rowsMax / Int(VK_SPARSE_ROWS)

  /// Cells of a term's maxima, whole superblocks.
  var paddedCells: Int { (blockCount + 63) / 64 * SparseCell.ofSuperblock }

  /// - Parameters:
  ///   - counts: rows of each term, in the order of `keys`.
  init(keys sorted: [UInt32], counts: [UInt32], blockCount: Int) {
    let kinds = counts.map { SparseTermKind(count: Int($0), rows: 64 * blockCount) }
    let dense = kinds.indices.filter { kinds[$0] == .dense }
    let long = kinds.count { $0 == .long }
    let denseEntries = dense.reduce(0) { $0 + Int(counts[$1]) }
    let entries = counts.reduce(0) { $0 + Int($1) } - denseEntries
    let span = (sorted.last ?? 0) - (sorted.first ?? 0)
    var shift: UInt32 = 0
    while Int(span >> shift) > max(1, sorted.count) { shift += 1 }
    self.blockCount = blockCount
    termCount = sorted.count
    denseCount = dense.count
    longCount = long
    bucketShift = shift
    bucketCount = Int(span >> shift) + 1
    var layout = SparseSegmentLayout()
    let places = (
      keys: layout.place(sorted.count, of: UInt32.self),
      buckets: layout.place(bucketCount + 1, of: UInt32.self),
      terms: layout.place(sorted.count, of: SparseTerm.self),
      masks: layout.place(dense.count * blockCount, of: UInt64.self),
      starts: layout.place(dense.count * blockCount, of: UInt16.self),
      maxima: layout.place(
        dense.count * ((blockCount + 63) / 64 * SparseCell.ofSuperblock), of: UInt8.self),
      weightStarts: layout.place(dense.count, of: UInt32.self),
      denseWeights: layout.place(denseEntries + 64, of: UInt8.self),
      rows: layout.place(entries, of: UInt16.self),
      listWeights: layout.place(entries, of: UInt8.self),
      longStarts: layout.place(long, of: UInt32.self),
      partStarts: layout.place(long * (Self.superblocks + 1), of: UInt16.self),
      superMaxima: layout.place((dense.count + long) * Self.superblocks, of: UInt8.self)
    )
    memory = layout.allocate()
    byteCount = layout.byteCount
    keys = (memory + places.keys).assumingMemoryBound(to: UInt32.self)
    buckets = (memory + places.buckets).assumingMemoryBound(to: UInt32.self)
    terms = (memory + places.terms).assumingMemoryBound(to: SparseTerm.self)
    masks = (memory + places.masks).assumingMemoryBound(to: UInt64.self)
    starts = (memory + places.starts).assumingMemoryBound(to: UInt16.self)
    maxima = (memory + places.maxima).assumingMemoryBound(to: UInt8.self)
    weightStarts = (memory + places.weightStarts).assumingMemoryBound(to: UInt32.self)
    denseWeights = (memory + places.denseWeights).assumingMemoryBound(to: UInt8.self)
    rows = (memory + places.rows).assumingMemoryBound(to: UInt16.self)
    listWeights = (memory + places.listWeights).assumingMemoryBound(to: UInt8.self)
    longStarts = (memory + places.longStarts).assumingMemoryBound(to: UInt32.self)
    partStarts = (memory + places.partStarts).assumingMemoryBound(to: UInt16.self)
    superMaxima = (memory + places.superMaxima).assumingMemoryBound(to: UInt8.self)
    fill(keys: sorted, counts: counts, kinds: kinds)
  }

  private func fill(keys sorted: [UInt32], counts: [UInt32], kinds: [SparseTermKind]) {
    var denseNumber: UInt32 = 0
    var denseEntries: UInt32 = 0
    var longNumber: UInt32 = 0
    var entries: UInt32 = 0
    for (number, kind) in kinds.enumerated() {
      keys[number] = sorted[number]
      terms[number].count = counts[number]
      switch kind {
      case .dense:
        weightStarts[Int(denseNumber)] = denseEntries
        denseEntries += counts[number]
        terms[number].start = denseNumber
        denseNumber += 1
      case .long:
        longStarts[Int(longNumber)] = entries
        entries += counts[number]
        terms[number].start = longNumber
        longNumber += 1
      case .short:
        terms[number].start = entries
        entries += counts[number]
      }
      buckets[bucket(of: sorted[number]) + 1] = UInt32(number + 1)
    }
    for bucket in 1...bucketCount where buckets[bucket] == 0 {
      buckets[bucket] = buckets[bucket - 1]
    }
  }

  func deallocate() { vk_free(memory) }

  /// Of an index between the first and the last.
  func bucket(of index: UInt32) -> Int { Int((index - keys[0]) >> bucketShift) }

  /// Whether the index is not beyond the first and the last.
  func isWithinKeys(_ index: UInt32) -> Bool {
    termCount > 0 && index >= keys[0] && index <= keys[termCount - 1]
  }

  /// The number of the term with the index, if there is one.
  func find(_ index: UInt32) -> Int? {
    guard isWithinKeys(index) else { return nil }
    let bucket = bucket(of: index)
    var low = Int(buckets[bucket])
    var high = Int(buckets[bucket + 1])
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < index { low = middle + 1 } else { high = middle }
    }
    return low < termCount && keys[low] == index ? low : nil
  }

  func kind(_ term: SparseTerm) -> SparseTermKind {
    SparseTermKind(count: Int(term.count), rows: 64 * blockCount)
  }
}

/// Where the parts of a block of memory are, one after the other.
private struct SparseSegmentLayout {
  private(set) var byteCount = 0

  /// - Returns: where so many values have their place.
  mutating func place<Value: BitwiseCopyable>(_ count: Int, of type: Value.Type) -> Int {
    let start = (byteCount + 7) & ~7
    byteCount = start + count * MemoryLayout<Value>.stride
    return start
  }

  /// From here on large pages make up for what they may take more.
  private static let hugeBytes = 4 << 20

  /// The memory: zeros, freed by `vk_free`.
  func allocate() -> UnsafeMutableRawPointer {
    let memory =
      byteCount < Self.hugeBytes ? vk_allocate_zeroed(byteCount) : vk_allocate_huge(byteCount)
    guard let memory else { preconditionFailure("out of memory") }
    return memory
  }
}

/// Eight rows: what the greatest weights of a term that many rows hold are known of.
enum SparseCell {
  static let rows = Int(VK_SPARSE_BLOCK_ROWS / VK_SPARSE_BLOCK_CELLS)
  static let ofSuperblock = Int(VK_SPARSE_BLOCKS * VK_SPARSE_BLOCK_CELLS)
}

/// How the rows of a term are kept.
enum SparseTermKind {
  /// Bits.
  case dense
  /// A list whose parts in superblocks are marked.
  case long
  /// A list that is read through.
  case short

  /// Of a term that `count` of `rows` rows hold.
  init(count: Int, rows: Int) {
    if count > 64, count * 20 >= rows {
      self = .dense
    } else {
      self = count > 64 ? .long : .short
    }
  }
}

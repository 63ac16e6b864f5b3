/// Memory that one query at a time needs on its way through an index, used again by later ones: to
/// ask for it anew takes as long as a good part of a search.
///
/// SAFETY: ``lend()`` takes it out of the pool, under the pool's lock, and ``giveBack(_:)`` puts it
/// there again: between the two it is one lane's, which one thread uses.
final class SearchScratch: @unchecked Sendable {
  let candidates = CandidateQueue()
  let bounds = BoundHeap()
  /// Rows whose bounds were taken.
  let bounded = SeenRows(capacity: 64)
  /// Rows that were scored exactly, and before that lists that were scanned.
  let scored = SeenRows(capacity: 64)
  let survivors = ScanScratch()
  /// A query's lookup table and its rotated vector.
  let table = ScratchBuffer<UInt8>()
  let estimates = ScratchBuffer<Float>()
  let estimateLists = ScratchBuffer<UInt32>()
  let picked = ScratchBuffer<UInt32>()
  let listKeys = ScratchBuffer<UInt64>()
  let listScores = ScratchBuffer<Float>()
  let listRows = ScratchBuffer<UnsafePointer<Float>>()

  private static let pool = TraceableMutex<[SearchScratch]>([])
  /// As many as threads may search, and a batch has queries.
  private static let pooledMax = 64
  /// What a search of very many lists or neighbours needed is not kept.
  private static let bytesMax = 4 << 20

  /// One that nobody else has. Nothing in it means anything before it is begun anew.
  static func lend() -> SearchScratch {
    pool.withLock { $0.popLast() } ?? SearchScratch()
  }

  /// Takes one back; whoever had it does not use it any more.
  static func giveBack(_ scratch: SearchScratch) {
    guard scratch.byteCount <= bytesMax else { return }
    pool.withLock { if $0.count < pooledMax { $0.append(scratch) } }
  }

  private var byteCount: Int {
    candidates.byteCount + bounds.byteCount + bounded.byteCount + scored.byteCount
      + table.byteCount + estimates.byteCount + estimateLists.byteCount + picked.byteCount
      + listKeys.byteCount + listScores.byteCount + listRows.byteCount
  }
}

/// Room for numbers, at a multiple of 64 bytes, that grows as it is asked for. Used by one thread.
final class ScratchBuffer<Element: BitwiseCopyable> {
  private var memory: UnsafeMutableRawPointer
  private(set) var byteCount: Int

  init() {
    byteCount = 64
    memory = .allocate(byteCount: byteCount, alignment: 64)
  }

  deinit { memory.deallocate() }

  /// Room for `count` elements, which hold anything, until more are asked for.
  func room(for count: Int) -> UnsafeMutablePointer<Element> {
    let wanted = count * MemoryLayout<Element>.stride
    if wanted > byteCount {
      memory.deallocate()
      byteCount = max(wanted, 2 * byteCount)
      memory = .allocate(byteCount: byteCount, alignment: 64)
    }
    return memory.bindMemory(to: Element.self, capacity: count)
  }
}

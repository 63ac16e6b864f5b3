import CRowFiles
import Synchronization

/// What all files of rows of a database are read through: a cache of pages, and queues of the
/// kernel's (io_uring) where it has them, plain reads else. Any thread may read; reads block.
public final class PageReads: Sendable {
  let cache: PageCache
  private let rings: TraceableMutex<[ReadRing]>
  private let usesRings: Atomic<Bool>
  private let readCount = Atomic<Int>(0)
  private let pageCount = Atomic<Int>(0)
  private let hitCount = Atomic<Int>(0)

  /// Reads of pages that are under way at once for one caller; the next ones wait for theirs.
  static let depthMax = 64
  /// Queues that are kept for the next callers.
  private static let ringsMax = 16

  /// - Parameters:
  ///   - cacheBytes: bytes of pages that are kept, at most.
  ///   - usesRings: whether the kernel's queues are tried.
  public init(cacheBytes: Int, usesRings: Bool = true) {
    cache = PageCache(bytes: cacheBytes)
    let first = usesRings ? ReadRing(depth: Self.depthMax) : nil
    rings = TraceableMutex(first.map { [$0] } ?? [])
    self.usesRings = Atomic(first != nil)
  }

  /// How files are read, for logs.
  public var method: String { usesRings.load(ordering: .relaxed) ? "io_uring" : "pread" }

  /// Bytes of pages that are kept now.
  public var residentBytes: Int { cache.residentBytes }

  /// What was read since the start.
  public var counts: ReadCounts {
    ReadCounts(
      reads: readCount.load(ordering: .relaxed), pages: pageCount.load(ordering: .relaxed),
      hits: hitCount.load(ordering: .relaxed))
  }

  func noteHits(_ count: Int) { hitCount.add(count, ordering: .relaxed) }

  /// Carries out all reads.
  func run(_ reads: inout [rf_read]) {
    readCount.add(reads.count, ordering: .relaxed)
    let pages = reads.reduce(0) { $0 + Int($1.length) / RowFileLayout.pageBytes }
    pageCount.add(pages, ordering: .relaxed)
    // A single read gains nothing from a queue.
    guard reads.count > 1, usesRings.load(ordering: .relaxed), let ring = takeRing() else {
      rf_read_plain(&reads, reads.count)
      return
    }
    if ring.run(&reads) {
      giveBack(ring)
    } else {
      usesRings.store(false, ordering: .relaxed)
    }
  }

  private func takeRing() -> ReadRing? {
    if let ring = rings.withLock({ $0.popLast() }) { return ring }
    return ReadRing(depth: Self.depthMax)
  }

  private func giveBack(_ ring: ReadRing) {
    rings.withLock { if $0.count < Self.ringsMax { $0.append(ring) } }
  }
}

/// What was read of files of rows.
public struct ReadCounts: Sendable, Equatable {
  /// Reads of the system, of one page or of several that lie together.
  public var reads: Int
  /// Pages of these.
  public var pages: Int
  /// Rows that were found in the cache.
  public var hits: Int
}

/// One queue of the kernel's.
///
/// SAFETY: the pointer is set once and closed in `deinit`; whoever has taken the queue out of the
/// pool is the only one who uses it.
private final class ReadRing: @unchecked Sendable {
  private let ring: OpaquePointer

  init?(depth: Int) {
    guard let ring = rf_ring_open(UInt32(depth)) else { return nil }
    self.ring = ring
  }

  deinit { rf_ring_close(ring) }

  func run(_ reads: inout [rf_read]) -> Bool { rf_ring_read(ring, &reads, reads.count) }
}

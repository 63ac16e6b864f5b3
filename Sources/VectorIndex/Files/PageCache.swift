import CVectorKernels
import Synchronization

/// Pages of files of rows that were read lately, at most so many bytes of them: sets of eight, of
/// which the one that was used the longest ago gives way.
///
/// SAFETY: `memory` and `keys` are set once and freed in `deinit`. A set's slots are read and
/// written only while the lock of its stripe is held.
final class PageCache: @unchecked Sendable {
  private static let ways = 8
  private static let stripeCount = 64
  private static let pageBytes = RowFileLayout.pageBytes

  private struct Slot {
    /// The file and the page; 0 for none, as no file has that number.
    var key: UInt64 = 0
    var lastUse: UInt32 = 0
  }

  private let setCount: Int
  private let memory: UnsafeMutableRawPointer?
  private let slots: UnsafeMutablePointer<Slot>
  private let stripes: [Stripe]
  private let used = Atomic<Int>(0)

  private final class Stripe: Sendable {
    /// Counts uses.
    let clock = TraceableMutex<UInt32>(0)
  }

  /// A cache of at most `bytes`; of none below 32 KiB. Memory is taken as it is filled.
  init(bytes: Int) {
    let sets = max(0, bytes) / (Self.ways * Self.pageBytes)
    memory = sets == 0 ? nil : vk_allocate_zeroed(sets * Self.ways * Self.pageBytes)
    setCount = memory == nil ? 0 : sets
    slots = .allocate(capacity: max(1, setCount * Self.ways))
    slots.initialize(repeating: Slot(), count: max(1, setCount * Self.ways))
    stripes = (0..<Self.stripeCount).map { _ in Stripe() }
  }

  deinit {
    slots.deallocate()
    if let memory { vk_free(memory) }
  }

  /// Whether it can keep anything.
  var isEnabled: Bool { setCount > 0 }

  /// Bytes in use.
  var residentBytes: Int { used.load(ordering: .relaxed) * Self.pageBytes }

  private func key(_ file: RowFile, _ page: Int) -> UInt64 {
    UInt64(file.number) << 32 | UInt64(UInt32(truncatingIfNeeded: page))
  }

  private func set(of key: UInt64) -> Int {
    var bits = key &* 0x9E37_79B9_7F4A_7C15
    bits ^= bits >> 32
    return Int(bits % UInt64(setCount))
  }

  /// Copies a part of a page; false if it is not here.
  func copy(
    _ page: Int, of file: RowFile, _ range: Range<Int>, to target: UnsafeMutableRawPointer?
  ) -> Bool {
    guard let memory else { return false }
    let key = key(file, page)
    let set = set(of: key)
    return stripes[set % Self.stripeCount].clock.withLock { clock in
      for slot in set * Self.ways..<(set + 1) * Self.ways where slots[slot].key == key {
        clock &+= 1
        slots[slot].lastUse = clock
        target?.copyMemory(
          from: memory + slot * Self.pageBytes + range.lowerBound, byteCount: range.count)
        return true
      }
      return false
    }
  }

  /// Keeps a page.
  func insert(_ page: Int, of file: RowFile, _ bytes: UnsafeRawPointer) {
    guard let memory else { return }
    let key = key(file, page)
    let set = set(of: key)
    stripes[set % Self.stripeCount].clock.withLock { clock in
      var oldest = set * Self.ways
      for slot in set * Self.ways..<(set + 1) * Self.ways {
        if slots[slot].key == key { return }
        if slots[slot].key == 0 {
          oldest = slot
          break
        }
        if clock &- slots[slot].lastUse > clock &- slots[oldest].lastUse { oldest = slot }
      }
      if slots[oldest].key == 0 { used.add(1, ordering: .relaxed) }
      clock &+= 1
      slots[oldest] = Slot(key: key, lastUse: clock)
      (memory + oldest * Self.pageBytes).copyMemory(from: bytes, byteCount: Self.pageBytes)
    }
  }
}

import CVectorKernels
import Synchronization

/// A fixed number of sparse rows of any length, in slabs of memory that only grow.
///
/// SAFETY: `addresses` is set once, and what it leads to freed in `deinit`, when no reference is
/// left. A row's bytes are written by the one writer before its address is stored with release
/// ordering, and never again; `slabs`, `room` and `end` are the writer's alone.
final class SparseChunk: AddressableChunk, @unchecked Sendable {
  static let rowShift = 12
  static let rowCount = 1 << rowShift

  let addresses: SparseAddresses
  private var slabs: [UnsafeMutableRawPointer] = []
  /// Where the next row goes, and what is left of the last slab.
  private var end: UnsafeMutableRawPointer?
  private var room = 0
  private var slabBytes = 0

  /// Slabs are small beside what there is, so that little of the last lies idle.
  private static let slabSizes = 4 << 10...64 << 10
  private static let slabShare = 32
  /// Memory that the first row adds, if it is short.
  static let firstSlabBytes = slabSizes.lowerBound

  init() { addresses = SparseAddresses(rowCount: Self.rowCount) }

  deinit {
    addresses.deallocate(rowCount: Self.rowCount)
    for slab in slabs { vk_free(slab) }
  }

  /// Has `fill` write a row of `byteCount` bytes, a multiple of four. Writer only.
  ///
  /// - Returns: how much memory was added.
  func write(row: Int, byteCount: Int, _ fill: (UnsafeMutableRawPointer) -> Void) -> Int {
    var added = 0
    if byteCount > room {
      let share = slabBytes / Self.slabShare & ~63
      added = max(
        byteCount, min(max(share, Self.slabSizes.lowerBound), Self.slabSizes.upperBound))
      guard let slab = vk_allocate_zeroed(added) else { preconditionFailure("out of memory") }
      slabs.append(slab)
      slabBytes += added
      (end, room) = (slab, added)
    }
    guard let memory = end else { preconditionFailure("a row without bytes") }
    fill(memory)
    end = memory + byteCount
    room -= byteCount
    addresses.publish(memory, row: row)
    return added
  }

  /// Memory of a chunk without rows, in bytes.
  static let emptyBytes = rowCount * MemoryLayout<UInt>.size
}

/// Where the rows of a ``SparseChunk`` are, valid while it lives.
struct SparseAddresses {
  private let rows: UnsafeMutablePointer<Atomic<UInt>>

  fileprivate init(rowCount: Int) {
    rows = .allocate(capacity: rowCount)
    for row in 0..<rowCount { (rows + row).initialize(to: Atomic(0)) }
  }

  fileprivate func deallocate(rowCount: Int) {
    rows.deinitialize(count: rowCount)
    rows.deallocate()
  }

  fileprivate func publish(_ memory: UnsafeMutableRawPointer, row: Int) {
    rows[row].store(UInt(bitPattern: memory), ordering: .releasing)
  }

  /// The row, if it is there.
  func row(_ row: Int) -> SparseRow? { address(row).map(SparseRow.init) }

  /// Where the row begins, if it is there.
  func address(_ row: Int) -> UnsafeRawPointer? {
    UnsafeRawPointer(bitPattern: rows[row].load(ordering: .acquiring))
  }
}

import CVectorKernels
import Synchronization

/// A fixed number of rows of equal length in one block of memory, with a presence bit a row.
///
/// The block is zero pages until rows are written, so a chunk with few rows costs few pages. Chunks
/// of a large column lie together in a region of large pages.
///
/// SAFETY: `rows` and `presence` are set once and freed in `deinit`, when no reference is left. A
/// row's bytes are written by the one writer only while no reader may look at that row: readers
/// stay below the row count of their view, which the owner publishes under a lock after the row is
/// written (see ``DenseColumn``). Presence bits share words between published and unpublished
/// rows, so they are atomics: the writer sets one with release ordering after the row's bytes.
final class DenseChunk: AddressableChunk, @unchecked Sendable {
  let rowCount: Int
  let rowBytes: Int
  /// `rowCount × rowBytes` bytes, row after row, aligned to 64 bytes.
  private let rows: UnsafeMutableRawPointer
  private let presence: UnsafeMutablePointer<Atomic<UInt64>>
  private let presenceWords: Int
  /// Where the rows lie, if not in memory of their own.
  private let region: RowRegion?

  /// Takes the rows' memory from `region`, if there is one and it has room.
  init(rowCount: Int, rowBytes: Int, region: RowRegion? = nil) {
    self.rowCount = rowCount
    self.rowBytes = rowBytes
    let shared = region?.take(rowCount * rowBytes)
    guard let memory = shared ?? vk_allocate_zeroed(rowCount * rowBytes) else {
      preconditionFailure("out of memory")
    }
    self.rows = memory
    self.region = shared == nil ? nil : region
    // The number of rows that are absent stands before the bits.
    self.presenceWords = 1 + (rowCount + 63) / 64
    self.presence = .allocate(capacity: presenceWords)
    presence.initialize(to: Atomic(UInt64(rowCount)))
    for word in 1..<presenceWords {
      (presence + word).initialize(to: Atomic(0))
    }
  }

  deinit {
    presence.deinitialize(count: presenceWords)
    presence.deallocate()
    if region == nil {
      vk_free(rows)
    } else {
      vk_give_back(rows, rowCount * rowBytes)
    }
  }

  var byteCount: Int { rowCount * rowBytes + presenceWords * 8 }

  /// Has `fill` write the bytes of the row and marks it present. Writer only.
  func write(row: Int, _ fill: (UnsafeMutableRawPointer) -> Void) {
    precondition(row < rowCount, "a row that doesn't fit its chunk")
    fill(rows + row * rowBytes)
    let word = presence + 1 + (row >> 6)
    let bit: UInt64 = 1 << UInt64(row & 63)
    let bits = word.pointee.load(ordering: .relaxed)
    if bits & bit != 0 { return }
    word.pointee.store(bits | bit, ordering: .releasing)
    presence.pointee.subtract(1, ordering: .releasing)
  }

  var addresses: DenseAddresses {
    DenseAddresses(rows: UnsafeRawPointer(rows), presence: presence)
  }
}

/// Where the rows of a ``DenseChunk`` are, valid while it lives.
struct DenseAddresses {
  let rows: UnsafeRawPointer
  fileprivate let presence: UnsafeMutablePointer<Atomic<UInt64>>

  @inline(__always) func isPresent(_ row: Int) -> Bool {
    // Nearly all chunks are full, and one word says so.
    if presence.pointee.load(ordering: .acquiring) == 0 { return true }
    let bits = presence[1 + (row >> 6)].load(ordering: .acquiring)
    return bits & (1 << UInt64(row & 63)) != 0
  }
}

import CVectorKernels
import Synchronization

/// A fixed number of rows of equal length in one block of memory, with a presence bit a row.
///
/// The block is zero pages until rows are written, so a chunk with few rows costs few pages.
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

  init(rowCount: Int, rowBytes: Int) {
    self.rowCount = rowCount
    self.rowBytes = rowBytes
    guard let memory = vk_allocate_zeroed(rowCount * rowBytes) else {
      preconditionFailure("out of memory")
    }
    self.rows = memory
    self.presenceWords = (rowCount + 63) / 64
    self.presence = .allocate(capacity: presenceWords)
    for word in 0..<presenceWords {
      (presence + word).initialize(to: Atomic(0))
    }
  }

  deinit {
    presence.deinitialize(count: presenceWords)
    presence.deallocate()
    vk_free(rows)
  }

  var byteCount: Int { rowCount * rowBytes + presenceWords * 8 }

  /// Has `fill` write the bytes of the row and marks it present. Writer only.
  func write(row: Int, _ fill: (UnsafeMutableRawPointer) -> Void) {
    precondition(row < rowCount, "a row that doesn't fit its chunk")
    fill(rows + row * rowBytes)
    let word = presence + (row >> 6)
    let bits = word.pointee.load(ordering: .relaxed)
    word.pointee.store(bits | (1 << UInt64(row & 63)), ordering: .releasing)
  }

  var addresses: DenseAddresses {
    DenseAddresses(rows: UnsafeRawPointer(rows), presence: presence)
  }
}

/// Where the rows of a ``DenseChunk`` are, valid while it lives.
struct DenseAddresses {
  let rows: UnsafeRawPointer
  fileprivate let presence: UnsafeMutablePointer<Atomic<UInt64>>

  func isPresent(_ row: Int) -> Bool {
    let bits = presence[row >> 6].load(ordering: .acquiring)
    return bits & (1 << UInt64(row & 63)) != 0
  }
}

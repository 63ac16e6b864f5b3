import CVectorKernels
import Synchronization

/// A fixed number of vector rows in one block of memory, with a presence bit a row.
///
/// The block is zero pages until rows are written, so a chunk with few rows costs few pages.
///
/// SAFETY: `rows` and `presence` are set once and freed in `deinit`, when no reference is left. A
/// row's floats are written by the one writer only while no reader may look at that row: readers
/// stay below the row count of their view, which the owner publishes under a lock after the row is
/// written (see ``VectorColumn``). Presence bits share words between published and unpublished
/// rows, so they are atomics: the writer sets one with release ordering after the row's floats.
final class VectorChunk: AddressableChunk, @unchecked Sendable {
  let rowCount: Int
  let dimension: Int
  /// `rowCount × dimension` floats, row-major, aligned to 64 bytes.
  let rows: UnsafeMutablePointer<Float>
  private let presence: UnsafeMutablePointer<Atomic<UInt64>>
  private let presenceWords: Int

  init(rowCount: Int, dimension: Int) {
    self.rowCount = rowCount
    self.dimension = dimension
    let floats = rowCount * dimension
    guard let memory = vk_allocate_zeroed(floats * MemoryLayout<Float>.stride) else {
      preconditionFailure("out of memory")
    }
    self.rows = memory.bindMemory(to: Float.self, capacity: floats)
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

  var byteCount: Int {
    rowCount * dimension * MemoryLayout<Float>.stride + presenceWords * 8
  }

  /// Copies `vector` into the row and marks it present. Writer only.
  func write(_ vector: UnsafeBufferPointer<Float>, row: Int) {
    precondition(vector.count == dimension && row < rowCount, "a row that doesn't fit its chunk")
    guard let source = vector.baseAddress else { return }
    (rows + row * dimension).update(from: source, count: dimension)
    let word = presence + (row >> 6)
    let bits = word.pointee.load(ordering: .relaxed)
    word.pointee.store(bits | (1 << UInt64(row & 63)), ordering: .releasing)
  }

  func isPresent(_ row: Int) -> Bool { addresses.isPresent(row) }

  var addresses: VectorAddresses { VectorAddresses(rows: rows, presence: presence) }
}

/// Where the rows of a ``VectorChunk`` are, valid while it lives.
struct VectorAddresses {
  let rows: UnsafeMutablePointer<Float>
  fileprivate let presence: UnsafeMutablePointer<Atomic<UInt64>>

  func isPresent(_ row: Int) -> Bool {
    let bits = presence[row >> 6].load(ordering: .acquiring)
    return bits & (1 << UInt64(row & 63)) != 0
  }
}

import CVectorKernels

/// A piece of memory that holds blocks and row offsets of one or several lists.
///
/// SAFETY: the address is set once and freed in `deinit`, when no list refers to it any more. Its
/// bytes are written by the maintainer only, before a list that shows them is published, and
/// never changed afterwards.
final class ListMemory: @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  let byteCount: Int

  private static let hugePage = 2 << 20

  convenience init(byteCount: Int) {
    guard let memory = Self.allocate(byteCount) else { preconditionFailure("out of memory") }
    self.init(memory, byteCount)
  }

  /// `nil` where there is not so much.
  convenience init?(available byteCount: Int) {
    guard let memory = Self.allocate(byteCount) else { return nil }
    self.init(memory, byteCount)
  }

  private init(_ memory: UnsafeMutableRawPointer, _ byteCount: Int) {
    base = memory
    self.byteCount = byteCount
  }

  private static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    byteCount < hugePage ? vk_allocate_zeroed(byteCount) : vk_allocate_huge(byteCount)
  }

  deinit { vk_free(base) }
}

/// Consecutive blocks of one list, with the offsets of their rows.
struct ListRun: Sendable {
  /// Keeps the addresses alive.
  let memory: ListMemory
  /// Where the run begins in `memory`: its blocks, then their row offsets.
  let start: Int
  /// Blocks there is room for.
  let capacity: Int
  /// Blocks that are complete and never change again.
  var count: Int
  let blockBytes: Int

  /// Bytes of a run of `capacity` blocks.
  static func byteCount(capacity: Int, layout: CodeLayout) -> Int {
    capacity * (layout.blockBytes + CodeLayout.rowBytes)
  }

  /// A run of its own memory.
  init(capacity: Int, layout: CodeLayout) {
    self.init(
      memory: ListMemory(byteCount: Self.byteCount(capacity: capacity, layout: layout)), start: 0,
      capacity: capacity, layout: layout)
  }

  /// A run in a part of shared memory, from byte `start` on.
  init(memory: ListMemory, start: Int, capacity: Int, layout: CodeLayout) {
    self.memory = memory
    self.start = start
    self.capacity = capacity
    self.count = 0
    self.blockBytes = layout.blockBytes
  }

  /// The blocks, of which `count` may be read.
  var blocks: UnsafeMutablePointer<UInt8> {
    (memory.base + start).assumingMemoryBound(to: UInt8.self)
  }

  /// 16 row offsets a block.
  var rows: UnsafeMutablePointer<UInt32> {
    (memory.base + start + capacity * blockBytes).assumingMemoryBound(to: UInt32.self)
  }

  func block(_ number: Int) -> UnsafeMutablePointer<UInt8> { blocks + number * blockBytes }
}

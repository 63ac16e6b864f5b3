import CVectorKernels

/// What the rows of a superblock have of the terms that few rows hold, and the greatest of each
/// cell; see `vk_sum_sparse_lists`.
struct SparseListSums {
  let sums: UnsafeMutablePointer<UInt16>
  let greatest: UnsafeMutablePointer<UInt16>
}

/// Room for the sums of a million rows. It is kept for the next search: to get so much memory anew
/// takes longer than to search.
///
/// SAFETY: whoever took it is the only one to use it until it is given back.
final class SparseListRoom: @unchecked Sendable {
  /// How many segments there is room for.
  static let segments = 16

  private static let superblocks = segments * SparseSegmentStorage.superblocks
  private static let spare = TraceableMutex<[SparseListRoom]>([])
  private static let spareMax = 8

  private let sums = UnsafeMutablePointer<UInt16>.allocate(
    capacity: superblocks * Int(VK_SPARSE_ROWS))
  private let greatest = UnsafeMutablePointer<UInt16>.allocate(
    capacity: superblocks * Int(VK_SPARSE_CELLS))
  /// For what is found in one segment.
  let found = SparseScratch(rows: SparseSegment.rowsMax)

  deinit {
    sums.deallocate()
    greatest.deallocate()
  }

  static func take() -> SparseListRoom {
    spare.withLock { $0.popLast() } ?? SparseListRoom()
  }

  func giveBack() {
    Self.spare.withLock { spare in
      if spare.count < Self.spareMax { spare.append(self) }
    }
  }

  /// The place of a superblock of the segment in this place; those of its next follow.
  func lists(_ segment: Int, _ superblock: Int) -> SparseListSums {
    let number = segment * SparseSegmentStorage.superblocks + superblock
    return SparseListSums(
      sums: sums + number * Int(VK_SPARSE_ROWS), greatest: greatest + number * Int(VK_SPARSE_CELLS))
  }
}

/// The rows that have most of the terms that few rows hold: most likely good results.
struct SparseLeaders {
  private let capacity: Int
  /// From the highest bits on: a sum, the number of a target, a row of it.
  private var leaders: [UInt64] = []
  /// What a row must exceed to be one of them.
  private(set) var floor: UInt16 = 0

  /// - Parameter capacity: how many results are wanted.
  init(capacity limit: Int) {
    capacity = min(
      max(Self.least, limit.multipliedReportingOverflow(by: 3).partialValue), Self.most)
    leaders.reserveCapacity(2 * capacity)
  }

  private static let least = 32
  private static let most = 512

  /// Takes the rows of a superblock that may be among them.
  mutating func offer(
    _ lists: SparseListSums, of target: Int, _ superblock: Int, using variant: vk_variant
  ) {
    let place = UInt64(target) << Self.rowBits | UInt64(superblock << 12)
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: Int(VK_SPARSE_CELLS)) { cells in
      guard let first = cells.baseAddress else { return }
      let count = vk_find_sparse_cells(variant, lists.greatest, floor, first)
      for cell in cells[..<count] where lists.greatest[Int(cell)] > floor {
        let rows = SparseCell.rows * Int(cell)
        for row in rows..<rows + SparseCell.rows where lists.sums[row] > floor {
          leaders.append(UInt64(lists.sums[row]) << Self.sumShift | place + UInt64(row))
          if leaders.count == 2 * capacity { cut() }
        }
      }
    }
  }

  private static let rowBits = 16
  private static let sumShift = 48

  private mutating func cut() {
    leaders.sort(by: >)
    leaders.removeLast(leaders.count - capacity)
    floor = UInt16(leaders[capacity - 1] >> Self.sumShift)
  }

  /// Their offsets.
  mutating func rows(_ firstOffset: (Int) -> UInt32) -> [UInt32] {
    if leaders.count > capacity { cut() }
    return leaders.map { leader in
      let place = leader & (1 << Self.sumShift - 1)
      return firstOffset(Int(place >> Self.rowBits)) + UInt32(place & (1 << Self.rowBits - 1))
    }
  }
}

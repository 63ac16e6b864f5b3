/// A set of rows by open addressing. Small, short-lived, and used by one thread.
final class RowSet {
  /// 0 is empty, otherwise a row plus 1.
  private var slots: UnsafeMutablePointer<UInt32>
  /// A power of two.
  private var slotCount: Int
  private var count = 0

  /// An empty set that takes `capacity` rows without growing.
  init(capacity: Int) {
    slotCount = 1 << (Int.bitWidth - max(15, 2 * capacity - 1).leadingZeroBitCount)
    slots = Self.empty(slotCount)
  }

  deinit { slots.deallocate() }

  /// Adds a row; false when it is there already.
  func insert(_ row: UInt32) -> Bool {
    if 2 * count >= slotCount { grow() }
    guard Self.mark(row, slots, slotCount) else { return false }
    count += 1
    return true
  }

  private static func empty(_ count: Int) -> UnsafeMutablePointer<UInt32> {
    let slots = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
    slots.initialize(repeating: 0, count: count)
    return slots
  }

  private static func mark(
    _ row: UInt32, _ slots: UnsafeMutablePointer<UInt32>, _ slotCount: Int
  ) -> Bool {
    let mask = slotCount - 1
    var slot = Int(truncatingIfNeeded: (row &* 0x9E37_79B1) >> 12) & mask
    while slots[slot] != 0 {
      if slots[slot] == row &+ 1 { return false }
      slot = (slot + 1) & mask
    }
    slots[slot] = row &+ 1
    return true
  }

  private func grow() {
    let larger = Self.empty(4 * slotCount)
    for slot in 0..<slotCount where slots[slot] != 0 {
      _ = Self.mark(slots[slot] &- 1, larger, 4 * slotCount)
    }
    slots.deallocate()
    slots = larger
    slotCount *= 4
  }
}

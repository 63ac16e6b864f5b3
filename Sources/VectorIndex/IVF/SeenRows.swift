/// The rows that a search has met, by open addressing. Used by one thread.
package final class SeenRows {
  /// More of them take longer to empty than to ask for anew.
  private static let slotsMax = 1_024

  /// 0 is empty, otherwise a row plus 1.
  private var slots: UnsafeMutablePointer<UInt32>
  /// A power of two.
  private var slotCount: Int
  private var count = 0

  /// No rows yet, and room for `capacity` of them without growing.
  package init(capacity: Int) {
    slotCount = 1 << (Int.bitWidth - max(15, 2 * capacity - 1).leadingZeroBitCount)
    slots = Self.empty(slotCount)
  }

  deinit { slots.deallocate() }

  /// Bytes of the slots.
  var byteCount: Int { slotCount * MemoryLayout<UInt32>.stride }

  /// Begins anew, without rows.
  func clear() {
    count = 0
    if slotCount > Self.slotsMax {
      slots.deallocate()
      slotCount = Self.slotsMax
      slots = Self.empty(slotCount)
    } else {
      slots.update(repeating: 0, count: slotCount)
    }
  }

  /// Adds a row; false when it is there already.
  package func insert(_ row: UInt32) -> Bool {
    if 2 * count >= slotCount { grow() }
    guard Self.mark(row, slots, slotCount) else { return false }
    count += 1
    return true
  }

  /// How many slots are looked at to find a row, or to find that it is not there.
  package func probeCount(for row: UInt32) -> Int {
    var probes = 1
    var slot = Self.firstSlot(row, slotCount)
    while slots[slot] != 0, slots[slot] != row &+ 1 {
      slot = (slot + 1) & (slotCount - 1)
      probes += 1
    }
    return probes
  }

  private static func empty(_ count: Int) -> UnsafeMutablePointer<UInt32> {
    let slots = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
    slots.initialize(repeating: 0, count: count)
    return slots
  }

  /// The upper bits of the product, as many as there are slots to tell: they depend on all bits of
  /// the row (Knuth, 1973, multiplicative hashing by the golden ratio).
  private static func firstSlot(_ row: UInt32, _ slotCount: Int) -> Int {
    let product = UInt64(row) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: product >> UInt64(64 - slotCount.trailingZeroBitCount))
  }

  private static func mark(
    _ row: UInt32, _ slots: UnsafeMutablePointer<UInt32>, _ slotCount: Int
  ) -> Bool {
    let mask = slotCount - 1
    var slot = firstSlot(row, slotCount)
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

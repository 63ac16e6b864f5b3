/// Sorting positions by a float, as integers: comparing one word is cheaper than a closure that
/// looks up two floats.
enum SortKey {
  /// A key that sorts by `value`, then by `position`.
  static func make(ascending value: Float, _ position: UInt32) -> UInt64 {
    let bits = value.bitPattern
    // The usual order-preserving map of floats to unsigned integers.
    let ordered = bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
    return UInt64(ordered) << 32 | UInt64(position)
  }

  /// The position in a key.
  static func value(_ key: UInt64) -> Int { Int(key & 0xFFFF_FFFF) }

  /// Sorts the `count` smallest keys to the front; the rest is left in any order.
  static func moveSmallest(_ count: Int, of keys: UnsafeMutableBufferPointer<UInt64>) {
    var low = 0
    var high = keys.count
    // Quickselect until the border is `count`, then sort the front.
    while count < keys.count, high - low > 1 {
      let pivot = median(keys[low], keys[low + (high - low) / 2], keys[high - 1])
      var left = low
      var right = high - 1
      while left <= right {
        while keys[left] < pivot { left += 1 }
        while keys[right] > pivot { right -= 1 }
        if left <= right {
          keys.swapAt(left, right)
          left += 1
          right -= 1
        }
      }
      if count <= right + 1 {
        high = right + 1
      } else if count >= left {
        low = left
      } else {
        break
      }
      if low == count { break }
    }
    var front = UnsafeMutableBufferPointer(rebasing: keys[..<min(count, keys.count)])
    front.sort()
  }

  private static func median(_ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64 {
    max(min(a, b), min(max(a, b), c))
  }
}

import CVectorKernels

/// Sorting positions by a float, as integers: comparing one word is cheaper than a closure that
/// looks up two floats.
enum SortKey {
  /// So many keys are sorted as fast as the smallest of them are picked.
  private static let wholeMax = 160

  /// A key that sorts by `value`, then by `position`.
  static func make(ascending value: Float, _ position: UInt32) -> UInt64 {
    let bits = value.bitPattern
    // The usual order-preserving map of floats to unsigned integers: all bits of a negative
    // number are flipped, the sign of others.
    let flipped = UInt32(bitPattern: Int32(bitPattern: bits) >> 31) | 0x8000_0000
    return UInt64(bits ^ flipped) << 32 | UInt64(position)
  }

  /// The position in a key.
  static func position(_ key: UInt64) -> Int { Int(key & 0xFFFF_FFFF) }

  /// The value in a key.
  static func value(_ key: UInt64) -> Float {
    let bits = UInt32(truncatingIfNeeded: key >> 32)
    return Float(bitPattern: bits & 0x8000_0000 != 0 ? bits ^ 0x8000_0000 : ~bits)
  }

  /// Sorts the `count` smallest keys, and perhaps more, to the front; the rest is in any order.
  static func sortSmallest(_ count: Int, of keys: UnsafeMutableBufferPointer<UInt64>) {
    let count = min(count, keys.count)
    if keys.count <= wholeMax, let first = keys.baseAddress {
      vk_rank_keys(Kernels.active.code, first, keys.count)
      return
    }
    moveSmallest(count, of: keys)
    var front = UnsafeMutableBufferPointer(rebasing: keys[..<count])
    if let first = front.baseAddress, count <= VK_RANKED_MAX {
      vk_rank_keys(Kernels.active.code, first, count)
    } else {
      front.sort()
    }
  }

  /// Quickselect: the `count` smallest keys come to the front, in any order.
  static func moveSmallest(_ count: Int, of keys: UnsafeMutableBufferPointer<UInt64>) {
    var low = 0
    var high = keys.count
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
  }

  private static func median(_ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64 {
    max(min(a, b), min(max(a, b), c))
  }
}

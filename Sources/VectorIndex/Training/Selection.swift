import CVectorKernels

/// Picking the smallest of many floats.
enum Selection {
  /// Writes the positions of the `wanted` smallest of `count` values, and perhaps of a few more,
  /// to `positions`, which has room for `wanted + slack`. Values from `VK_NO_VALUE` on do not
  /// count; at least `wanted` others are there. `count` is a multiple of 16.
  static func smallest(
    _ wanted: Int, of values: UnsafePointer<Float>, count: Int, slack: Int,
    into positions: UnsafeMutablePointer<UInt32>, using variant: KernelVariant = Kernels.active
  ) -> Int {
    vk_select_smallest(variant.code, values, count, wanted, slack, positions)
  }

  /// Writes the positions of the values that are at most `limit` to `positions`, in ascending
  /// order. `count` is a multiple of 16, and `positions` has room for all of them.
  ///
  /// - Returns: how many there are.
  static func upTo(
    _ limit: Float, of values: UnsafePointer<Float>, count: Int,
    into positions: UnsafeMutablePointer<UInt32>, using variant: KernelVariant = Kernels.active
  ) -> Int {
    vk_select_up_to(variant.code, values, count, limit, positions)
  }

  /// The position of the smallest value, the first of equal ones. `count` is a multiple of 16.
  static func smallest(
    of values: UnsafePointer<Float>, count: Int, using variant: KernelVariant = Kernels.active
  ) -> Int {
    vk_smallest(variant.code, values, count)
  }
}

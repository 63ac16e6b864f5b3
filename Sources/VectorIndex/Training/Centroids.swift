import CVectorKernels

/// The centroids of lists: `count × d` floats, and the same arranged for products with many rows.
///
/// SAFETY: filled in `init`, freed in `deinit`, never changed between.
final class Centroids: @unchecked Sendable {
  let count: Int
  let dimension: Int
  private let memory: UnsafeMutablePointer<Float>
  private let packed: UnsafeMutablePointer<Float>
  /// Half the squared lengths, by panels; `VK_NO_VALUE` and more where a panel has no centroid.
  private let bias: UnsafeMutablePointer<Float>
  private let panels: Int

  /// Copies `rows`, each of `dimension` floats; at least one.
  convenience init(dimension: Int, rows: [[Float]]) {
    self.init(dimension: dimension, count: rows.count) { out in
      for (number, row) in rows.enumerated() {
        precondition(row.count == dimension, "a centroid of another dimension")
        for index in 0..<dimension { out[number * dimension + index] = row[index] }
      }
    }
  }

  /// Copies the rows of `dimension` floats at `addresses`; at least one.
  convenience init(dimension: Int, gathering addresses: [UnsafePointer<Float>]) {
    self.init(dimension: dimension, count: addresses.count) { out in
      for (number, address) in addresses.enumerated() {
        (out + number * dimension).update(from: address, count: dimension)
      }
    }
  }

  /// Has `fill` write the `count × dimension` floats, which are zeros before.
  init(dimension: Int, count: Int, fill: (UnsafeMutablePointer<Float>) -> Void) {
    precondition(count > 0, "no centroid")
    self.count = count
    self.dimension = dimension
    panels = vk_panels(count)
    let width = panels * VK_PANEL
    memory = Self.allocate(count * dimension)
    packed = Self.allocate(width * dimension)
    bias = Self.allocate(width)
    fill(memory)
    vk_pack(memory, count, dimension, packed)
    for number in 0..<width {
      bias[number] =
        number < count
        ? Float(vk_sum_of_squares(memory + number * dimension, dimension) / 2) : 1e30
    }
  }

  deinit {
    vk_free(memory)
    vk_free(packed)
    vk_free(bias)
  }

  private static func allocate(_ floats: Int) -> UnsafeMutablePointer<Float> {
    guard let memory = vk_allocate_zeroed(floats * MemoryLayout<Float>.stride) else {
      preconditionFailure("out of memory")
    }
    return memory.bindMemory(to: Float.self, capacity: floats)
  }

  /// The `d` floats of a centroid, valid while this lives.
  func row(_ number: Int) -> UnsafePointer<Float> {
    UnsafePointer(memory + number * dimension)
  }

  /// `|c|²/2`.
  func halfSquaredLength(_ number: Int) -> Float { bias[number] }

  /// Floats a row of ``compare(_:into:using:)`` takes: ``count``, rounded up.
  var width: Int { panels * VK_PANEL }

  /// Writes `|c|²/2 − ⟨row, c⟩` for every row and centroid: the smaller, the nearer. Row-major,
  /// ``width`` floats a row, those past ``count`` beyond `VK_NO_VALUE`; the rows are `stride`
  /// floats apart, if given.
  func compare(
    _ rows: UnsafeBufferPointer<UnsafePointer<Float>>, into out: UnsafeMutablePointer<Float>,
    stride: Int? = nil, using variant: KernelVariant = Kernels.active
  ) {
    guard let first = rows.baseAddress else { return }
    vk_biased_products(
      variant.code, first, rows.count, dimension, packed, panels, bias, out, stride ?? width)
  }

  /// Bytes of both forms.
  var residentBytes: Int {
    (count * dimension + width * (dimension + 1)) * MemoryLayout<Float>.stride
  }
}

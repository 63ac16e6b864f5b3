import CVectorKernels

/// A random orthogonal map into the code dimension, the same for a seed.
///
/// It spreads what a vector has in few dimensions over all of them, so that one bit a dimension
/// says about as much of every vector.
package struct Rotation: Sendable {
  private let layout: CodeLayout
  private let signs: [Float]

  /// The rotation of vectors of `dimension` floats that `seed` gives.
  package init(dimension: Int, seed: UInt64) {
    layout = CodeLayout(dimension: dimension)
    var random = SplitMix64(seed: seed)
    signs = (0..<VK_ROTATION_ROUNDS * layout.codeDimension).map { _ in
      random.next() >> 63 == 0 ? 1 : -1
    }
  }

  /// Floats of a rotated vector.
  package var codeDimension: Int { layout.codeDimension }

  /// Writes the rotated `vector` (`d` floats) to `out` (``codeDimension`` floats).
  package func apply(_ vector: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>) {
    signs.withUnsafeBufferPointer { signs in
      guard let signs = signs.baseAddress else { return }
      vk_rotate(signs, vector, layout.dimension, layout.codeDimension, out)
    }
  }

  /// The rotated `vector`.
  package func applied(to vector: [Float]) -> [Float] {
    precondition(vector.count == layout.dimension, "a vector of another dimension")
    return [Float](unsafeUninitializedCapacity: codeDimension) { out, count in
      vector.withUnsafeBufferPointer { vector in
        guard let vector = vector.baseAddress, let out = out.baseAddress else { return }
        apply(vector, into: out)
      }
      count = codeDimension
    }
  }
}

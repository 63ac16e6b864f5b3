import CVectorKernels

/// Arithmetic on single vectors.
public enum VectorMath {
  /// Vectors whose squared length is this close to 1 count as normalised already, so that a vector
  /// read back and written again keeps its bits.
  private static let unitTolerance = 1e-6

  /// Scales `vector` to length 1; does nothing to a zero vector, to one whose squared length is
  /// within 1e-6 of 1, or to one with an infinite component. The result is the same bits on
  /// every CPU.
  public static func normalize(_ vector: UnsafeMutableBufferPointer<Float>) {
    guard let first = vector.baseAddress else { return }
    let squared = vk_sum_of_squares(first, vector.count)
    guard squared > 0, squared.isFinite, abs(squared - 1) > unitTolerance else { return }
    vk_scale(first, vector.count, 1 / squared.squareRoot())
  }

  /// Scales `vector` to length 1; see ``normalize(_:)-(UnsafeMutableBufferPointer<Float>)``.
  public static func normalize(_ vector: inout [Float]) {
    vector.withUnsafeMutableBufferPointer { normalize($0) }
  }

  /// `Σ v²`, summed in double.
  public static func squaredLength(_ vector: UnsafeBufferPointer<Float>) -> Double {
    guard let first = vector.baseAddress else { return 0 }
    return vk_sum_of_squares(first, vector.count)
  }

  /// `Σ a·b` of two vectors of the same dimension.
  public static func dot(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Float
  {
    score(.dot, a, b)
  }

  /// `Σ a·b` of two vectors of the same dimension.
  public static func dot(_ a: [Float], _ b: [Float]) -> Float {
    score(.dot, a, b)
  }

  /// The internal score of two vectors of the same dimension, higher is better: the same bits that
  /// a search gives for the pair.
  public static func score(
    _ metric: Metric, _ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>
  ) -> Float {
    precondition(a.count == b.count, "vectors of different dimensions")
    guard let row = b.baseAddress else { return 0 }
    var result: Float = 0
    withUnsafeMutablePointer(to: &result) {
      Kernels.score(
        metric, query: a, rows: row, into: UnsafeMutableBufferPointer(start: $0, count: 1))
    }
    return result
  }

  /// The internal score of two vectors of the same dimension, higher is better.
  public static func score(_ metric: Metric, _ a: [Float], _ b: [Float]) -> Float {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in score(metric, a, b) }
    }
  }
}

import CEmbeddingKernels

/// The element-wise loops, for tests and messages.
package enum EmbeddingKernels {
  /// The instruction set the loops run on: "avx512", "avx2" or "baseline".
  package static var instructionSet: String {
    String(cString: embedding_kernels_instruction_set())
  }

  /// gelu of every value.
  package static func gelu(_ values: [Float]) -> [Float] {
    var values = values
    let bias = [Float](repeating: 0, count: values.count)
    embedding_gelu(&values, bias, 1, values.count)
    return values
  }

  /// softmax(scale · values).
  package static func softmax(_ values: [Float], scale: Float) -> [Float] {
    var values = values
    embedding_softmax(&values, scale, 1, values.count)
    return values
  }
}

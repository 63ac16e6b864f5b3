import CEmbeddingKernels
import COpenBLAS

/// The element-wise loops, for tests and messages.
package enum EmbeddingKernels {
  /// The instruction set the loops run on: "avx512", "avx2", "neon" or "baseline".
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

/// The BLAS library as a whole.
enum OpenBLAS {
  /// One thread a caller: the embedder is called from several workers at a time, and the threads of
  /// the library would only compete with them.
  static let useOneThread: Void = openblas_set_num_threads(1)

  /// The processor kernels in use and how the library was built, for messages and logs.
  static var configuration: String {
    let core = openblas_get_corename().map { String(cString: $0) } ?? "unknown"
    let build = openblas_get_config().map { String(cString: $0) } ?? "unknown"
    return "OpenBLAS kernel \(core) (\(build))"
  }
}

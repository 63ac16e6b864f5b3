import COpenBLAS

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

extension SentenceEmbedder {
  /// Components may differ by this much from the known answers: sums in another order give about
  /// 1e-6, bfloat16 about 1e-3, a broken matrix kernel gives far more.
  private static let tolerance: Float = 5e-3

  /// Computes a few known sentences and compares: some versions of the matrix library give wrong
  /// results on some processors, and wrong vectors are found out much later otherwise.
  ///
  /// Throws `selfCheckFailed`, with the kernels in use, when a component is off by more than 5e-3.
  public func verify() throws(EmbeddingModelError) {
    let vectors = try embed(KnownVector.all.map(\.text))
    for (known, vector) in zip(KnownVector.all, vectors) {
      for (expected, found) in zip(known.head, vector) {
        // Written so that a NaN fails as well.
        guard abs(expected - found) <= Self.tolerance else {
          throw .selfCheckFailed(
            "\"\(known.text)\" gave \(vector.prefix(known.head.count).map { $0 }), expected "
              + "\(known.head); \(kernelDescription)")
        }
      }
    }
  }
}

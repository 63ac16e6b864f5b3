import CVectorKernels

/// One vector prepared to be compared with rows of one codec.
struct RowQuery: Sendable {
  private let metric: Metric
  private let codec: RowCodec
  private let form: Form

  private enum Form: Sendable {
    /// The bytes of a row, in whole words.
    case row([UInt64])
    case turbo(TurboCode, TurboCode.Query)
  }

  /// Prepares `vector`, of the codec's dimension.
  init(_ vector: [Float], metric: Metric, codec: RowCodec) {
    precondition(vector.count == codec.dimension, "a query of another dimension")
    self.metric = metric
    self.codec = codec
    if let turbo = codec.turbo {
      form = .turbo(turbo, turbo.query(vector))
      return
    }
    var words = [UInt64](repeating: 0, count: (codec.rowBytes + 7) / 8)
    words.withUnsafeMutableBytes { words in
      guard let first = words.baseAddress else { return }
      vector.withUnsafeBufferPointer { codec.encode($0, into: first) }
    }
    form = .row(words)
  }

  /// Scores rows that lie side by side, higher is better.
  func score(_ rows: UnsafeRawPointer, into scores: UnsafeMutableBufferPointer<Float>) {
    switch form {
    case .row(let words):
      words.withUnsafeBytes { query in
        guard let query = query.baseAddress else { return }
        Kernels.score(
          metric, codec.element, dimension: codec.dimension, query: query, rows: rows,
          into: scores)
      }
    case .turbo(let turbo, let query): turbo.score(metric, query, rows: rows, into: scores)
    }
  }

  /// Scores rows that lie anywhere; the last `following` of them are only fetched.
  func score(
    gathering rows: UnsafeBufferPointer<UnsafeRawPointer>, following: Int,
    into scores: UnsafeMutableBufferPointer<Float>
  ) {
    switch form {
    case .row(let words):
      words.withUnsafeBytes { query in
        guard let query = query.baseAddress else { return }
        Kernels.score(
          metric, codec.element, dimension: codec.dimension, query: query, gathering: rows,
          following: following, into: scores)
      }
    case .turbo(let turbo, let query):
      for row in rows { vk_prefetch(row, codec.rowBytes) }
      for index in 0..<rows.count - following {
        turbo.score(
          metric, query, rows: rows[index],
          into: UnsafeMutableBufferPointer(rebasing: scores[index...index]))
      }
    }
  }
}

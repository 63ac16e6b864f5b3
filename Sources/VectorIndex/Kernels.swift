import CVectorKernels

/// The distance kernels that this process runs, chosen once: the best set that the CPU supports,
/// or the one that the environment variable `QUIVER_KERNELS` names.
public enum Kernels {
  private static let selection = select(
    vk_requested_by_environment().map { String(cString: $0) })

  /// The name of the active kernel set, for logs: `scalar`, `avx2`, `avx512` or `neon`, followed by
  /// a remark if `QUIVER_KERNELS` asked for a set that is unknown or that this CPU can't run.
  public static var selected: String { selection.description }

  /// The active kernel set.
  package static var active: KernelVariant { selection.variant }

  /// What would be active if `QUIVER_KERNELS` were `name`, and what `selected` would say.
  package static func select(
    _ name: String?
  ) -> (variant: KernelVariant, description: String) {
    let selection = vk_select(name)
    let variant = KernelVariant(selection.variant)
    guard !selection.honoured else { return (variant, variant.name) }
    return (variant, "\(variant.name) (QUIVER_KERNELS=\(name ?? "") is not available)")
  }

  /// Scores `query` against contiguous rows of floats.
  ///
  /// - Parameters:
  ///   - query: `d` floats.
  ///   - rows: `scores.count × d` floats, row-major.
  ///   - scores: one score a row, higher is better.
  package static func score(
    _ metric: Metric, query: UnsafeBufferPointer<Float>, rows: UnsafePointer<Float>,
    into scores: UnsafeMutableBufferPointer<Float>, using variant: KernelVariant = active
  ) {
    guard let vector = query.baseAddress else { return }
    score(
      metric, .float32, dimension: query.count, query: vector, rows: rows, into: scores,
      using: variant)
  }

  /// Scores `query` against rows of floats that lie anywhere in memory.
  ///
  /// - Parameters:
  ///   - query: `d` floats.
  ///   - rows: the addresses of rows of `d` floats.
  ///   - scores: at least as many floats as rows are scored; higher is better.
  package static func score(
    _ metric: Metric, query: UnsafeBufferPointer<Float>,
    gathering rows: UnsafeBufferPointer<UnsafePointer<Float>>,
    into scores: UnsafeMutableBufferPointer<Float>, using variant: KernelVariant = active
  ) {
    guard let vector = query.baseAddress else { return }
    rows.withMemoryRebound(to: UnsafeRawPointer.self) { rows in
      score(
        metric, .float32, dimension: query.count, query: vector, gathering: rows, into: scores,
        using: variant)
    }
  }

  /// Scores a query against contiguous rows.
  ///
  /// - Parameters:
  ///   - element: what the numbers of query and rows are.
  ///   - query: `dimension` numbers.
  ///   - rows: `scores.count × dimension` numbers, row-major.
  ///   - scores: one score a row, higher is better.
  package static func score(
    _ metric: Metric, _ element: ElementType, dimension: Int, query: UnsafeRawPointer,
    rows: UnsafeRawPointer, into scores: UnsafeMutableBufferPointer<Float>,
    using variant: KernelVariant = active
  ) {
    guard let out = scores.baseAddress else { return }
    vk_score_rows(
      variant.code, metric.code, element.code, query, rows, scores.count, dimension, out)
    metric.orient(scores)
  }

  /// Scores a query against rows that lie anywhere in memory.
  ///
  /// - Parameters:
  ///   - element: what the numbers of query and rows are.
  ///   - query: `dimension` numbers.
  ///   - rows: the addresses of rows of `dimension` numbers.
  ///   - following: how many of the last rows are not scored yet, only fetched.
  ///   - scores: at least as many floats as rows are scored; higher is better.
  package static func score(
    _ metric: Metric, _ element: ElementType, dimension: Int, query: UnsafeRawPointer,
    gathering rows: UnsafeBufferPointer<UnsafeRawPointer>, following: Int = 0,
    into scores: UnsafeMutableBufferPointer<Float>, using variant: KernelVariant = active
  ) {
    let count = rows.count - following
    precondition(following >= 0 && count >= 0 && scores.count >= count, "the scores don't fit")
    guard let first = rows.baseAddress, let out = scores.baseAddress else { return }
    vk_score_gathered(
      variant.code, metric.code, element.code, query, first, count, following, dimension, out)
    metric.orient(UnsafeMutableBufferPointer(rebasing: scores[..<count]))
  }
}

extension Metric {
  var code: vk_metric {
    switch self {
    case .dot: VK_DOT
    case .squaredEuclid: VK_SQUARED_L2
    case .manhattan: VK_L1
    case .cosine: VK_COSINE
    }
  }

  /// Kernels give distances; the index wants "higher is better".
  fileprivate func orient(_ scores: UnsafeMutableBufferPointer<Float>) {
    guard self == .squaredEuclid || self == .manhattan else { return }
    for index in scores.indices {
      scores[index] = -scores[index]
    }
  }
}

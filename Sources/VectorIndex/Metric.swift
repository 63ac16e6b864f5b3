/// How two vectors are compared.
///
/// Scores inside the index are always "higher is better"; distances are negated. Cosine similarity
/// is `dot` on vectors that were normalised when they were written.
public enum Metric: Sendable, Hashable, CaseIterable {
  /// Score `Σ a·b`.
  case dot
  /// Score `−Σ (a − b)²`. The square root is left to whoever shows the score.
  case squaredEuclid
  /// Score `−Σ |a − b|`.
  case manhattan
}

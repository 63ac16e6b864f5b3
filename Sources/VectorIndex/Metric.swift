/// How two vectors are compared.
///
/// Scores inside the index are always "higher is better"; distances are negated. Cosine similarity
/// is `dot` on vectors that were normalised when they were written, where the element allows that.
public enum Metric: Sendable, Hashable, CaseIterable {
  /// Score `Σ a·b`.
  case dot
  /// Score `−Σ (a − b)²`. The square root is left to whoever shows the score.
  case squaredEuclid
  /// Score `−Σ |a − b|`.
  case manhattan
  /// Score `Σ a·b / √(Σ a² · Σ b²)`, 0 for a zero vector: of rows whose elements can't be
  /// normalised.
  case cosine
}

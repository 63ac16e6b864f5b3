/// How two vectors are compared.
public enum Distance: String, Sendable, Hashable, CaseIterable {
  /// Cosine similarity; vectors are normalised when they are written.
  case cosine = "Cosine"
  /// Inner product.
  case dot = "Dot"
  /// Euclidean distance: smaller is nearer.
  case euclid = "Euclid"
  /// Sum of absolute differences: smaller is nearer.
  case manhattan = "Manhattan"

  /// Whether a higher score means a nearer point.
  public var higherIsNearer: Bool {
    switch self {
    case .cosine, .dot: true
    case .euclid, .manhattan: false
    }
  }
}

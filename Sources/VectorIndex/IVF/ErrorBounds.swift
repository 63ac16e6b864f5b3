/// How far an estimate may be from the distance, in standard deviations of its error.
///
/// Rows whose estimate less `lower` deviations is beyond the k-th smallest estimate plus `upper`
/// deviations are left out without a look at their vectors. Wider bounds leave out less.
package struct ErrorBounds: Sendable, Equatable {
  /// Deviations that are taken off a row's estimate.
  package var lower: Float
  /// Deviations that are added to the k-th smallest estimate.
  package var upper: Float

  /// Bounds of so many deviations.
  package init(lower: Float, upper: Float) {
    self.lower = lower
    self.upper = upper
  }

  /// What costs least for a recall@10 of up to about 0.99.
  package static let standard = ErrorBounds(lower: 1.3, upper: 1.5)
  /// For more recall, which narrower bounds do not reach with however many lists.
  package static let wide = ErrorBounds(lower: 1.5, upper: 1.9)

  /// For estimates that are taken at their word.
  static let zero = ErrorBounds(lower: 0, upper: 0)
  /// For estimates that are hardly trusted.
  static let threefold = ErrorBounds(lower: 3, upper: 3)

  /// The deviation of an estimate is this times `|B|·|q − c|`: `√(1 − o²)/2` with `o`, the cosine
  /// between a residual and its code, near 0.798 after a random rotation (RaBitQ, arXiv
  /// 2405.12497).
  static let deviation: Float = 0.302
}

/// How far a search trusts what the codes of an index say of distances.
public enum CodeTrust: Sendable, Equatable {
  /// As far as calibration says.
  case calibrated
  /// Entirely: only the rows of the best estimates are scored exactly.
  case blind
  /// Hardly: rows are passed over only if three deviations speak against them.
  case little

  /// The bounds that go with it; `nil` leaves them to calibration.
  var bounds: ErrorBounds? {
    switch self {
    case .calibrated: nil
    case .blind: .zero
    case .little: .threefold
    }
  }
}

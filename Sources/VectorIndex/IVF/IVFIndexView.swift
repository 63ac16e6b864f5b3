/// An index at one moment, for one reader. Immutable and cheap to copy.
public struct IVFIndexView: Sendable {
  let metric: Metric
  /// Rows at and above this offset are not in the lists and are scanned.
  public let coveredRows: UInt32
}

/// Files that points are read from, in an order that never changes.
protocol PointSource: AnyObject {
  /// The size of the whole, for progress.
  var total: Int { get }
  /// The dimension of the points' only vector; `nil` when they have named ones, or there are none.
  var dimension: Int? { get }
  /// How much of ``total`` lies before a position.
  func done(at position: ImportPosition) -> Int
  /// The next points, `nil` behind the last.
  func nextBatch() throws(TransferError) -> PointBatch?
}

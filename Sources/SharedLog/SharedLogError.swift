/// Why something of a shared log can't be had.
package enum SharedLogError: Error, Sendable, Equatable {
  /// Another segment has the number already.
  case taken
  /// The store did not answer, or not in time: what was asked for may have happened or not.
  case unknown(String)
  /// The store answered, and refuses: for lack of a right, or as the bucket is not there.
  case refused(String)
  /// What lies there is not what was written.
  case damaged(String)
  /// A later release wrote it.
  case newer(String)
  /// It was dropped: it lies before what the log still has.
  case belowFloor(UInt64)
}

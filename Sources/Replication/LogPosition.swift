/// How far a log is known to reach.
package struct LogPosition: Sendable, Equatable {
  /// The last segment.
  package var segment: UInt64
  /// The last entry that it or one before it holds, or a snapshot after it.
  package var entry: UInt64

  /// A place in a log.
  package init(segment: UInt64, entry: UInt64) {
    self.segment = segment
    self.entry = entry
  }
}

/// The bounds of a server that shares its log.
package struct ReplicationLimits: Sendable, Equatable {
  /// Bytes of commits that may wait to be shipped when writes are not held up for it
  package var backlogBytesMax: Int
  /// Commits of one segment
  package var segmentItemsMax: Int
  /// Bytes of the commits of one segment, unless one commit alone has more
  package var segmentBytesMax: Int
  /// Milliseconds that commits are gathered for one segment, from the first on
  package var gatherMilliseconds: Int
  /// Milliseconds that a write waits for the store when it is answered from there
  package var writeMilliseconds: Int
  /// Milliseconds that a change that was sent on may take whose client sets no limit
  package var forwardMilliseconds = 300_000
  /// Bytes of the answer to it
  package var forwardedAnswerBytesMax = 16 << 20

  /// Bounds that suit a server with a store in its region, each of which may be given.
  package init(
    backlogBytesMax: Int = 64 << 20, segmentItemsMax: Int = 1024, segmentBytesMax: Int = 8 << 20,
    gatherMilliseconds: Int = 200, writeMilliseconds: Int = 5000
  ) {
    self.backlogBytesMax = backlogBytesMax
    self.segmentItemsMax = segmentItemsMax
    self.segmentBytesMax = segmentBytesMax
    self.gatherMilliseconds = gatherMilliseconds
    self.writeMilliseconds = writeMilliseconds
  }
}

/// One object of a shared log: what a writer appended in one piece.
package struct LogSegment: Sendable, Equatable {
  /// Its place: segments of a log have the numbers 1, 2, 3 and so on, without a gap.
  package var number: UInt64
  /// Who appended it.
  package var writer: WriterID
  /// Milliseconds since 1970 by the writer's clock. Nothing depends on it but what people ask for.
  package var writtenAt: UInt64
  /// Commits of a database, in their order; none in the mark by which a writer takes the lead.
  package var items: [LogItem]

  /// A segment of these parts.
  package init(number: UInt64, writer: WriterID, writtenAt: UInt64, items: [LogItem]) {
    self.number = number
    self.writer = writer
    self.writtenAt = writtenAt
    self.items = items
  }
}

/// One commit in a ``LogSegment``.
package struct LogItem: Sendable, Equatable {
  /// The number of the database's log entry.
  package var entry: UInt64
  /// When it was committed, in milliseconds since 1970 by the writer's clock.
  package var committedAt: UInt64
  /// The entry as it is encoded; this target does not look into it.
  package var bytes: [UInt8]

  /// A commit.
  package init(entry: UInt64, committedAt: UInt64, bytes: [UInt8]) {
    self.entry = entry
    self.committedAt = committedAt
    self.bytes = bytes
  }
}

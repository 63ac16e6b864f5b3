package import SharedLog

/// How a server's log is shared, for people and figures.
package struct ReplicationStatus: Sendable, Equatable {
  /// What the server is to the log.
  package enum Role: String, Sendable {
    /// It appends.
    case leader
    /// It reads and applies.
    case follower
    /// It has not heard from the store yet, or takes the lead.
    case starting
    /// It has ended sharing its log, for the reason that `failure` tells.
    case stopped
  }

  /// `async` or `sync`.
  package var mode: ReplicationMode
  /// What it is.
  package var role = Role.starting
  /// Who it is in the log.
  package var writer: WriterID
  /// Who leads, as far as it knows: the address.
  package var leader: String?
  /// The servers of the log, as they said last.
  package var nodes: [ReplicaNode] = []
  /// How far the log is known to reach.
  package var position = LogPosition(segment: 0, entry: 0)
  /// The last entry of the database.
  package var lastEntry: UInt64 = 0
  /// How long the oldest commit has waited that is not in the log.
  package var lagMilliseconds: UInt64 = 0
  /// Whether commits are missing in the log and no snapshot makes up for them.
  package var isGapOpen = false
  /// Bytes of commits that wait.
  package var backlogBytes = 0
  /// What was done so far.
  package var counts = Counts()
  /// Changes that were sent to the server that takes them.
  package var forwarded = 0
  /// What became of snapshots; `nil` where this server looks after none.
  package var snapshots: SnapshotKeeper.Counts?
  /// What last went wrong, until something succeeds.
  package var failure: String?

  /// Commits that are not in the log.
  package var lagEntries: UInt64 { lastEntry - min(position.entry, lastEntry) }

  /// What was done since the start.
  package struct Counts: Sendable, Equatable {
    /// Segments that this server appended.
    package var segments: UInt64 = 0
    /// Bytes of their commits.
    package var bytes: UInt64 = 0
    /// Requests that create a segment, repeated ones among them.
    package var puts: UInt64 = 0
    /// Requests that the store did not answer, or refused.
    package var failures: UInt64 = 0
    /// How often commits were lost to the log.
    package var gaps: UInt64 = 0

    /// Nothing yet.
    package init() {}
  }

  /// A server that has done nothing yet.
  package init(mode: ReplicationMode, writer: WriterID) {
    self.mode = mode
    self.writer = writer
  }
}

/// When a write is answered.
package enum ReplicationMode: String, Sendable, CaseIterable {
  /// When it is in the database; it gets into the log a little later.
  case async
  /// When it is in the log.
  case sync
}

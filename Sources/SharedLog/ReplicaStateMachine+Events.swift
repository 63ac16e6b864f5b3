/// What a server is told, and what it asks for.
extension ReplicaStateMachine {
  /// What happens to it.
  package enum Event: Sendable {
    /// Time has passed.
    case tick
    /// A commit is to be made, staged on what was applied last.
    case propose(id: UInt64, LogItem)
    /// What became of the segment of this number.
    case appendEnded(UInt64, AppendOutcome)
    /// What was read of the segment of this number.
    case readEnded(UInt64, ReadOutcome)
    /// The lowest number that the log still has; `nil` when the store did not say.
    case floorRead(UInt64?)
    /// Who leads.
    case leaderRead(LeaderOutcome)
    /// Whether the leader object was written.
    case leaderWritten(LeaderWriteOutcome)
    /// The database holds everything up to this segment.
    case applied(UInt64)
    /// Somebody says that the log reaches this segment.
    case hinted(UInt64)
  }

  /// What it asks for.
  package enum Effect: Sendable, Equatable {
    /// Create the segment unless its number is taken.
    case append(LogSegment)
    /// Read the segment of this number.
    case read(UInt64)
    /// Read the floor.
    case readFloor
    /// Read the leader object.
    case readLeader
    /// Write the leader object if it still has the tag, or is still missing when there is none.
    case writeLeader(LeaderBeat, ifTag: String?)
    /// Bring a segment into the database, then say ``Event/applied(_:)``.
    case apply(LogSegment)
    /// Bring a snapshot into the database that is at least as new, then say ``Event/applied(_:)``.
    case restore(atLeast: UInt64)
    /// Answer a proposal.
    case answer(id: UInt64, Answer)
  }

  /// What became of a segment that was to be created.
  package enum AppendOutcome: Sendable, Equatable { case written, taken, unknown }
  /// What lies in a segment's place; unknown if the store did not say.
  package enum ReadOutcome: Sendable, Equatable {
    case segment(LogSegment)
    case absent, unknown
  }
  /// What the leader object says.
  package enum LeaderOutcome: Sendable, Equatable {
    case beat(TaggedBeat)
    case absent, unknown
  }
  /// Whether the leader object was written.
  package enum LeaderWriteOutcome: Sendable, Equatable {
    case written(tag: String)
    case lost, unknown
  }

  /// What a proposal came to.
  package enum Answer: Sendable, Equatable {
    /// It is in the log, in this segment, and in the database.
    case committed(UInt64)
    /// It is not in the log and will not be: another server leads.
    case notLeader
    /// Another server has taken over in the middle; that it is in the log can't be ruled out.
    case unknown
  }

  /// Times, in milliseconds.
  package struct Settings: Sendable {
    /// Between two looks for a new segment.
    package var pollMilliseconds: UInt64 = 200
    /// Between two signs of life of the leader.
    package var beatMilliseconds: UInt64 = 1000
    /// Without a sign of life after which another server takes the lead.
    package var takeoverMilliseconds: UInt64 = 5000
    /// Whether the server takes the lead at all.
    package var canLead = true
    /// After which what is known of the floor is asked for again. The time that a log keeps what
    /// lies below its floor must be several times as long.
    package var floorTrustMilliseconds: UInt64 = 60_000
    /// Items of one segment, at most.
    package var segmentItemsMax = 1024
    /// Bytes of the items of one segment, at most, unless one alone has more.
    package var segmentBytesMax = 8 << 20
    /// Proposals that wait, at most; more are refused as if it were no leader.
    package var pendingMax = 4096

    /// What suits servers in one region.
    package init() {}
  }
}

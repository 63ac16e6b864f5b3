import SharedLog
import VectorDB

/// A way to share the log of a database: the sink that the database tells, and the work behind it.
protocol LogSharing: LogSink {
  /// How it stands.
  var status: ReplicationStatus { get }

  /// The server that takes changes, if that is another one and this one follows it.
  var leaderElsewhere: LeaderPlace? { get }

  /// How far the database is, and how old that may be; `nil` where no server follows another.
  var progress: ReplicaProgress? { get }

  /// Returns when it is known that a server does not lead any more, or the task is cancelled.
  func leaderChanged(from writer: WriterID) async

  /// Waits until the database holds everything up to a segment; `false` when it will not, at least
  /// not by then.
  func wait(for segment: UInt64, until deadline: ContinuousClock.Instant) async -> Bool

  /// Goes on with what is known of a directory that was made anew, before ``connect(_:isAlone:)``.
  func adopt(_ record: ReplicationRecord)

  /// Finds its place in the log, makes the log the database's if it is new, and brings into the
  /// database what that lacks.
  ///
  /// - Parameter isAlone: whether nobody changes the database meanwhile; else it must lack nothing.
  /// - Throws: ``ReplicationError/unreachable(_:)`` when it may be tried again.
  func connect(_ database: Database, isAlone: Bool) async throws(ReplicationError)

  /// Waits until the database holds all that is in the log now.
  ///
  /// - Throws: ``CollectionError/unavailable(_:)`` when that can't be known or will not be.
  func catchUp() async throws(CollectionError)

  /// Does the work, until ``finish()`` or until it is over for good.
  func run() async

  /// Takes no more changes, and has ``run()`` end when what waits is done.
  func finish()

  /// Gives the log up for good.
  func end(_ reason: String)

  /// Notes how far it came. Blocking.
  func saveAtEnd()
}

/// Where a log has one server alone, nobody leads elsewhere and nobody follows.
extension LogSharing {
  var leaderElsewhere: LeaderPlace? { nil }
  var progress: ReplicaProgress? { nil }
  func leaderChanged(from writer: WriterID) async {}
  func wait(for segment: UInt64, until deadline: ContinuousClock.Instant) async -> Bool { true }
}

extension ObjectLog {
  /// Makes the log the database's that `record` tells of, and returns what is known of it then.
  ///
  /// - Parameter joins: whether the database becomes the log's where that is another's: it holds
  ///   nothing, and follows. Of servers that are started together for the first time one makes the
  ///   log, and all have opened a database by then.
  /// - Throws: ``ReplicationError/foreign(_:)`` when it is another's.
  func claim(
    for record: ReplicationRecord, joins: Bool = false
  ) async throws(ReplicationError) -> ReplicationRecord {
    let owner: LogOwner
    do throws(SharedLogError) {
      owner = try await claim(for: record.database)
    } catch {
      throw ReplicationError(error)
    }
    guard owner.database == record.database else {
      if joins {
        return ReplicationRecord(
          database: owner.database, log: owner.log, position: LogPosition(segment: 0, entry: 0),
          writers: [], isWhole: true)
      }
      throw .foreign(
        """
        the log is that of another database, \(owner.database), and not of this one, \
        \(record.database): give this one a place of its own, or restore the other
        """)
    }
    if record.log == owner.log { return record }
    return ReplicationRecord(
      database: record.database, log: owner.log, position: LogPosition(segment: 0, entry: 0),
      writers: [], isWhole: false)
  }
}

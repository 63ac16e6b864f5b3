package import SharedLog
package import VectorDB

/// The end of a log, read before a server goes on with it.
package struct LogTail: Sendable {
  /// How far the log reaches.
  package var position: LogPosition
  /// Whether entries are missing in it, up to that place or behind it.
  package var hasGap: Bool

  /// Reads from what `record` knows to the end of `log`, and brings entries into `database` that it
  /// does not hold yet: a power failure may have taken them.
  ///
  /// - Parameter isAlone: whether nobody changes the database meanwhile; else it must lack nothing.
  /// - Throws: ``ReplicationError/foreign(_:)`` when the log was gone on with by a server other
  ///   than this one, or does not fit the database; ``ReplicationError/unreachable(_:)`` when it
  ///   can't be read now.
  package static func read(
    _ log: ObjectLog, after record: ReplicationRecord, into database: Database,
    isAlone: Bool, scratch: String
  ) async throws(ReplicationError) -> LogTail {
    let floor = try await ask { () async throws(SharedLogError) in try await log.floor().number }
    var tail = LogTail(position: record.position, hasGap: false)
    if floor > record.position.segment + 1 {
      // What was dropped may have held anything.
      tail = LogTail(
        position: LogPosition(segment: floor - 1, entry: record.position.entry), hasGap: true)
    }
    while let segment = try await next(log, after: tail.position.segment) {
      guard record.writers.contains(segment.writer) else {
        throw .foreign(
          """
          segment \(segment.number) of the log was written by another server, \(segment.writer): \
          restore from the log, or share the log of this database at another place
          """)
      }
      for item in segment.items {
        if item.entry > tail.position.entry + 1 { tail.hasGap = true }
        if item.entry > database.lastEntry {
          guard isAlone else {
            throw .foreign("the log holds more than the database, which is to be started again")
          }
          try await LogApplier(log: log, database: database, scratch: scratch)
            .apply(item, of: segment.number)
        }
        tail.position.entry = max(tail.position.entry, item.entry)
      }
      tail.position.segment = segment.number
    }
    if database.lastEntry > tail.position.entry { tail.hasGap = true }
    return tail
  }

  private static func next(
    _ log: ObjectLog, after number: UInt64
  ) async throws(ReplicationError) -> LogSegment? {
    try await ask { () async throws(SharedLogError) in try await log.read(number + 1) }
  }

  private static func ask<Answer: Sendable>(
    _ request: () async throws(SharedLogError) -> Answer
  ) async throws(ReplicationError) -> Answer {
    do throws(SharedLogError) {
      return try await request()
    } catch {
      throw ReplicationError(error)
    }
  }
}

extension ReplicationError {
  /// What an error of the log is to who begins to share it.
  package init(_ error: SharedLogError) {
    switch error {
    case .unknown(let what): self = .unreachable(what)
    case .refused(let what): self = .store(what)
    case .damaged(let what): self = .damaged(what)
    case .newer(let what): self = .newer(what)
    case .taken, .belowFloor: self = .foreign(error.sentence)
    }
  }
}

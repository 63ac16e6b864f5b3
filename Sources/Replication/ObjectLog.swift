package import ObjectStorage
package import SharedLog

/// A shared log in an object store: its segments, its floor and its leader object, below the keys
/// of ``LogKey``. Calls may be made from any task.
///
/// No call believes what rule 6 of <doc:Replication> doubts: whoever reads or appends compares the
/// floor.
package struct ObjectLog: Sendable {
  /// Where it lies.
  package let store: any ObjectStore

  /// The log in `store`, whose keys all are the log's.
  package init(_ store: any ObjectStore) { self.store = store }

  // MARK: Segments

  /// Creates a segment. One request, which is never repeated by itself.
  ///
  /// - Throws: ``SharedLogError/taken`` when there is one of that number, which may be this very
  ///   one; ``SharedLogError/unknown(_:)`` when it may be there now; ``SharedLogError/refused(_:)``
  ///   when it is not.
  package func append(_ segment: LogSegment) async throws(SharedLogError) {
    let bytes = segment.encoded()
    let outcome = try await ask { () async throws(ObjectStoreError) in
      try await store.create(LogKey.segment(segment.number), bytes)
    }
    if outcome == .exists { throw .taken }
  }

  /// The segment of this number; `nil` when there is none.
  ///
  /// - Throws: ``SharedLogError``, but neither `taken` nor `belowFloor`.
  package func read(_ number: UInt64) async throws(SharedLogError) -> LogSegment? {
    let object = try await ask { () async throws(ObjectStoreError) in
      try await store.get(LogKey.segment(number))
    }
    return try object.map { object throws(SharedLogError) in
      try LogSegment(decoding: object.bytes, number: number)
    }
  }

  /// The number of the last segment, found by lists; 0 in a new log.
  ///
  /// - Parameter known: a number that the log reached already, if one is known: the nearer the
  ///   quicker.
  /// - Throws: ``SharedLogError/unknown(_:)`` or ``SharedLogError/refused(_:)``.
  package func head(after known: UInt64 = 0) async throws(SharedLogError) -> UInt64 {
    var head = max(known, try await floor().number - 1)
    // How far it jumps before the next list: a list tells of a thousand.
    var leap: UInt64 = 0
    while true {
      let page = try await list(LogKey.segments, after: LogKey.segment(head + leap))
      if let last = page.entries.last {
        guard let number = LogKey.number(last.key, in: LogKey.segments) else {
          throw .damaged("\(last.key) is no key of a segment")
        }
        head = number
        if !page.isTruncated { return head }
        leap = max(leap, 1000) * 4
      } else if leap == 0 {
        return head
      } else {
        leap = leap < 1000 ? 0 : leap / 4
      }
    }
  }

  // MARK: The floor

  /// The lowest number that the log still has; 1 as long as it was never raised.
  ///
  /// - Throws: ``SharedLogError``, but neither `taken` nor `belowFloor`.
  package func floor() async throws(SharedLogError) -> LogFloor {
    let object = try await ask { () async throws(ObjectStoreError) in
      try await store.get(LogKey.floor)
    }
    guard let object else { return LogFloor(number: 1, tag: nil) }
    return LogFloor(number: try LogNote.floor(object.bytes), tag: object.tag)
  }

  /// Raises the floor to `number`, unless it lies as high already. After an error it may be raised;
  /// to try again does no harm.
  ///
  /// - Throws: ``SharedLogError``, but neither `taken` nor `belowFloor`.
  package func raiseFloor(to number: UInt64) async throws(SharedLogError) {
    let bytes = LogNote.floor(number)
    // Each further round is due to somebody who raised it meanwhile.
    while true {
      let floor = try await floor()
      if floor.number >= number { return }
      let isWritten = try await ask { () async throws(ObjectStoreError) in
        guard let tag = floor.tag else {
          return try await store.create(LogKey.floor, bytes) != .exists
        }
        return try await store.replace(LogKey.floor, ifTag: tag, bytes) != nil
      }
      if isWritten { return }
    }
  }

  // MARK: The leader

  /// What the leader object says; `nil` when there is none.
  ///
  /// - Throws: ``SharedLogError``, but neither `taken` nor `belowFloor`.
  package func leader() async throws(SharedLogError) -> TaggedBeat? {
    let object = try await ask { () async throws(ObjectStoreError) in
      try await store.get(LogKey.leader)
    }
    return try object.map { object throws(SharedLogError) in
      TaggedBeat(try LogNote.leader(object.bytes), tag: object.tag)
    }
  }

  /// Writes the leader object if it still has `tag`, or if there is still none; its new tag, `nil`
  /// if somebody else was first. One request, which is never repeated by itself.
  ///
  /// - Throws: ``SharedLogError/unknown(_:)`` when it may have been written,
  ///   ``SharedLogError/refused(_:)`` when it was not.
  package func writeLeader(
    _ beat: LeaderBeat, ifTag tag: String?
  ) async throws(SharedLogError) -> String? {
    let bytes = LogNote.leader(beat)
    return try await ask { () async throws(ObjectStoreError) in
      if let tag { return try await store.replace(LogKey.leader, ifTag: tag, bytes) }
      guard case .created(let tag) = try await store.create(LogKey.leader, bytes) else {
        return nil
      }
      return tag
    }
  }

  /// Removes the leader object, so that nobody need wait for another sign of life. Whoever has
  /// taken the lead meanwhile writes it anew.
  package func removeLeader() async throws(SharedLogError) {
    try await ask { () async throws(ObjectStoreError) in try await store.delete(LogKey.leader) }
  }

  // MARK: The database

  /// Makes the log that of the database `id`, unless it is one's already, and says whose it is.
  ///
  /// - Throws: ``SharedLogError``, but neither `taken` nor `belowFloor`.
  package func claim(for id: DatabaseID) async throws(SharedLogError) -> LogOwner {
    if let owner = try await owner() { return owner }
    let owner = LogOwner(database: id, log: WriterID())
    let outcome = try await ask { () async throws(ObjectStoreError) in
      try await store.create(LogKey.database, LogNote.owner(owner))
    }
    if outcome != .exists { return owner }
    guard let owner = try await self.owner() else {
      throw .unknown("`database` was there and is gone")
    }
    return owner
  }

  /// The database whose log it is; `nil` in a new one.
  ///
  /// - Throws: ``SharedLogError``, but neither `taken` nor `belowFloor`.
  package func owner() async throws(SharedLogError) -> LogOwner? {
    let object = try await ask { () async throws(ObjectStoreError) in
      try await store.get(LogKey.database)
    }
    return try object.map { object throws(SharedLogError) in try LogNote.owner(object.bytes) }
  }

  // MARK: Servers

  /// Writes what a server says of itself.
  ///
  /// - Throws: ``SharedLogError``, but neither `taken` nor `belowFloor`.
  package func note(_ node: ReplicaNode) async throws(SharedLogError) {
    try await ask { () async throws(ObjectStoreError) in
      try await store.put(LogKey.nodes + node.writer.description, LogNote.node(node))
    }
  }

  /// What servers last said of themselves; at most a thousand.
  ///
  /// - Throws: ``SharedLogError``, but neither `taken` nor `belowFloor`.
  package func nodes() async throws(SharedLogError) -> [ReplicaNode] {
    var nodes: [ReplicaNode] = []
    for entry in try await list(LogKey.nodes, after: LogKey.nodes).entries {
      let object = try await ask { () async throws(ObjectStoreError) in
        try await store.get(entry.key)
      }
      if let object { nodes.append(try LogNote.node(object.bytes, entry.key)) }
    }
    return nodes
  }

  /// Removes what a server said of itself.
  ///
  /// - Throws: ``SharedLogError``, but neither `taken` nor `belowFloor`.
  package func removeNode(_ writer: WriterID) async throws(SharedLogError) {
    try await ask { () async throws(ObjectStoreError) in
      try await store.delete(LogKey.nodes + writer.description)
    }
  }

  // MARK: Requests

  private func list(
    _ prefix: String, after key: String
  ) async throws(SharedLogError) -> ObjectPage {
    try await ask { () async throws(ObjectStoreError) in try await store.list(prefix, after: key) }
  }

  private func ask<Answer>(
    _ request: () async throws(ObjectStoreError) -> Answer
  ) async throws(SharedLogError) -> Answer {
    do throws(ObjectStoreError) {
      return try await request()
    } catch {
      throw SharedLogError(error)
    }
  }
}

/// The floor as it was read.
package struct LogFloor: Sendable, Equatable {
  /// The lowest number that the log still has.
  package var number: UInt64
  /// The tag of the object; `nil` when there is none.
  package var tag: String?

  /// A floor, and the tag that the store gave it.
  package init(number: UInt64, tag: String?) {
    self.number = number
    self.tag = tag
  }
}

/// Whose log it is.
package struct LogOwner: Sendable, Equatable {
  /// The database.
  package var database: DatabaseID
  /// The log: another one at the same place later, or at another place, has another id.
  package var log: WriterID

  /// A log of a database.
  package init(database: DatabaseID, log: WriterID) {
    self.database = database
    self.log = log
  }
}

extension SharedLogError {
  /// What an error of the store means to who asked.
  package init(_ error: ObjectStoreError) {
    switch error {
    case .unreachable, .malformed: self = .unknown(error.description)
    case .refused, .unfit: self = .refused(error.description)
    }
  }
}

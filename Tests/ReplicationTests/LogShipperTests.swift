import DatabaseFixture
import ObjectStorage
import Replication
import SharedLog
import Synchronization
import Testing
import VectorDB

import class Foundation.FileManager

/// Commits that get into the log after they were made.
@Suite struct LogShipperTests {
  private let store = MemoryStore()

  private func segments() async throws -> [LogSegment] {
    let log = ObjectLog(store)
    var segments: [LogSegment] = []
    while let next = try await log.read(UInt64(segments.count + 1)) { segments.append(next) }
    return segments
  }

  private func entries() async throws -> [UInt64] {
    try await segments().flatMap { $0.items.map(\.entry) }
  }

  private func isShipped(_ node: SharingNode) async throws -> Bool {
    try await eventually { node.replicator.status.lagEntries == 0 }
  }

  @Test func theLogMakesAnEqualDatabase() async throws {
    let node = try await SharingNode(store)
    try await node.create()
    try await node.write(0..<40)
    await node.stop()
    #expect(try await entries() == Array(1...41))
    #expect(node.replicator.status.lagEntries == 0)
    // A power failure has taken everything from a copy that is the same server's.
    let record = try #require(try ReplicationRecord.load(from: node.path))
    let writers = Set(try await segments().map(\.writer))
    #expect(writers == Set(record.writers))
    let copy = SharingNode.folder()
    let database = try Database.open(at: copy, logger: SharingNode.logger)
    await database.close()
    try ReplicationRecord(
      database: record.database, log: record.log, position: LogPosition(segment: 0, entry: 0),
      writers: record.writers, isWhole: false
    ).save(to: copy)
    let second = try await SharingNode(store, at: copy)
    #expect(try await second.ids() == Array(0..<40))
    try await second.write(40..<42)
    await second.stop()
    #expect(try await entries() == Array(1...43))
  }

  /// Those of `segmentItemsMax`.
  @Test func severalCommitsShareASegmentWithinItsBounds() async throws {
    let node = try await SharingNode(store, plan: SharingNode.plan(items: 7))
    store.isDown = true
    try await node.create()
    try await node.write(0..<40)
    #expect(try await node.ids().count == 40, "callers do not wait for the store")
    #expect(node.replicator.status.lagEntries > 30)
    #expect(try await eventually { node.replicator.status.counts.failures > 1 })
    store.isDown = false
    #expect(try await isShipped(node))
    let counts = try await segments().map(\.items.count)
    #expect(counts.reduce(0, +) == 41 && counts.max() == 7 && counts.count < 12)
    #expect(node.replicator.status.failure == nil)
    await node.stop()
  }

  /// That is `segmentBytesMax`; one commit alone may have more.
  @Test(arguments: [1, 1000]) func aSegmentHasABoundInBytes(most: Int) async throws {
    let node = try await SharingNode(store, plan: SharingNode.plan(bytes: most))
    store.isDown = true
    try await node.create()
    try await node.write(0..<40)
    store.isDown = false
    #expect(try await isShipped(node))
    await node.stop()
    let sizes = try await segments().map { $0.items.map(\.bytes.count) }
    #expect(sizes.joined().count == 41)
    #expect(sizes.allSatisfy { $0.count == 1 || $0.reduce(0, +) <= most })
    // All but what had begun before the others came is full.
    for (size, next) in zip(sizes, sizes.dropFirst()).dropFirst() {
      #expect(size.reduce(next[0], +) > most)
    }
  }

  /// For `gatherMilliseconds`.
  @Test func commitsAreGatheredFromTheFirstOneOn() async throws {
    let gather = 1500
    let node = try await SharingNode(store, plan: SharingNode.plan(gather: gather))
    let started = ContinuousClock.now
    try await node.create()
    try await node.write(0..<5)
    let isQuick = ContinuousClock.now - started < .milliseconds(gather)
    #expect(try await isShipped(node))
    let counts = try await segments().map(\.items.count)
    #expect(counts.reduce(0, +) == 6)
    // On a slow machine they may come later than the first one waits.
    if isQuick { #expect(counts == [6]) }
    #expect(ContinuousClock.now - started >= .milliseconds(gather))
    await node.stop()
  }

  @Test func whatIsLostOnTheWayIsThereOnce() async throws {
    let node = try await SharingNode(store)
    for fault in [MemoryStore.Fault.lost, .replyLost, .replyLost, .refused, .lost, .replyLost] {
      store.fail("log/", fault)
    }
    try await node.create()
    for start in stride(from: UInt64(0), to: 30, by: 5) {
      try await node.write(start..<start + 5)
      #expect(try await isShipped(node))
    }
    await node.stop()
    #expect(try await entries() == Array(1...31))
  }

  /// Of `backlogBytesMax`.
  @Test func aBacklogThatIsFullIsAGapThatASnapshotFills() async throws {
    let asked = Mutex<[UInt64]>([])
    let node = try await SharingNode(store, plan: SharingNode.plan(backlog: 4096)) {
      database, _, segment in
      asked.withLock { $0.append(segment) }
      return database.lastEntry
    }
    try await node.create()
    #expect(try await isShipped(node))
    store.isDown = true
    try await node.write(0..<100)
    #expect(node.replicator.status.counts.gaps > 0)
    #expect(node.replicator.status.backlogBytes <= 4096)
    store.isDown = false
    #expect(
      try await eventually {
        let status = node.replicator.status
        return status.lagEntries == 0 && !status.isGapOpen && !asked.withLock { $0.isEmpty }
      })
    try await node.write(100..<110)
    await node.stop()
    let marks = try await segments().filter(\.items.isEmpty).map(\.number)
    let snapshots = asked.withLock { $0 }
    #expect(snapshots.last == marks.last, "a snapshot is asked for after a mark")
    // What follows the mark has no gap.
    let last = try #require(marks.last)
    let behind = try await segments().filter { $0.number > last }.flatMap { $0.items.map(\.entry) }
    #expect(behind.isEmpty || behind == Array(behind[0]...111))
    // It was made up for: the next start has none.
    let again = try await SharingNode(store, at: node.path)
    #expect(again.replicator.status.counts.gaps == 0)
    await again.stop()
  }

  @Test func whatWasNotShippedIsAGapAtTheNextStart() async throws {
    let node = try await SharingNode(store)
    try await node.create()
    #expect(try await isShipped(node))
    store.isDown = true
    try await node.write(0..<3)
    await node.stop(within: .zero)
    store.isDown = false
    let asked = Mutex<[UInt64]>([])
    let second = try await SharingNode(store, at: node.path) { database, _, segment in
      asked.withLock { $0.append(segment) }
      return database.lastEntry
    }
    #expect(try await eventually { !second.replicator.status.isGapOpen })
    try await second.write(3..<5)
    await second.stop()
    #expect(asked.withLock { $0.count } == 1)
    #expect(try await entries().first == 1)
    #expect(try await entries().suffix(2) == [5, 6])
  }

  @Test func aLogIsOfOneDatabaseAndOneServer() async throws {
    let node = try await SharingNode(store)
    try await node.create()
    #expect(try await isShipped(node))
    let error = await #expect(throws: ReplicationError.self) { _ = try await SharingNode(store) }
    guard case .foreign? = error else { return #expect(error == nil, "it is another database's") }
    // Somebody else goes on with it.
    let head = try await ObjectLog(store).head()
    try await ObjectLog(store).append(
      LogSegment(number: head + 1, writer: WriterID(), writtenAt: 1, items: []))
    try await node.write(0..<2)
    #expect(try await eventually { node.replicator.status.role == .stopped })
    try await node.write(2..<4)
    #expect(try await node.ids().count == 4, "the database goes on alone")
    #expect(node.replicator.status.backlogBytes == 0)
    await node.stop()
    await #expect(throws: ReplicationError.self) {
      _ = try await SharingNode(store, at: node.path)
    }
  }

  @Test func aStoreThatIsDownAtTheStartIsFoundLater() async throws {
    store.isDown = true
    let node = try await SharingNode(store)
    #expect(node.replicator.status.role == .starting)
    try await node.create()
    try await node.write(0..<3)
    store.isDown = false
    #expect(try await isShipped(node))
    await node.stop()
    #expect(try await entries() == [1, 2, 3, 4])
  }

  @Test func anotherPlaceIsAnotherLog() async throws {
    let node = try await SharingNode(store)
    try await node.create()
    await node.stop()
    let other = MemoryStore()
    let moved = try await SharingNode(other, at: node.path) { database, _, _ in database.lastEntry }
    #expect(try await eventually { !moved.replicator.status.isGapOpen })
    try await moved.write(0..<1)
    await moved.stop()
    let segments = try await ObjectLog(other).head()
    #expect(segments == 2, "a mark, as the first commit is not there, and the second")
  }
}

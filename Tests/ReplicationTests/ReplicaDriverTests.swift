import DatabaseFixture
import ObjectStorage
import Replication
import SharedLog
import Testing
import VectorDB

/// Writes that are answered when they are in the log, and servers that follow it.
@Suite struct ReplicaDriverTests {
  private let store = MemoryStore()

  private func leads(_ node: SharingNode) async throws -> Bool {
    try await eventually { node.replicator.status.role == .leader }
  }

  private func entries() async throws -> [UInt64] {
    let log = ObjectLog(store)
    var entries: [UInt64] = []
    for number in 1...(try await log.head()) {
      entries += try await log.read(number)?.items.map(\.entry) ?? []
    }
    return entries
  }

  @Test func whatIsAnsweredIsInTheLog() async throws {
    let node = try await SharingNode(store, plan: SharingNode.plan(.sync))
    #expect(try await leads(node))
    try await node.create()
    for id in UInt64(0)..<20 {
      try await node.write(id..<id + 1)
      #expect(try await entries() == Array(1...id + 2))
    }
    await node.stop()
    #expect(!store.keys.contains("leader"), "it gives the lead back")
    let again = try await SharingNode(store, at: node.path, plan: SharingNode.plan(.sync))
    #expect(try await leads(again))
    try await again.write(20..<21)
    #expect(try await again.ids() == Array(0...20))
    await again.stop()
  }

  /// Servers that are started together on an empty place have all opened a database before one of
  /// them makes the log.
  @Test func aDatabaseThatHoldsNothingJoinsALog() async throws {
    let first = try await SharingNode(store, plan: SharingNode.plan(.sync, takeover: 60_000))
    #expect(try await leads(first))
    let second = try await SharingNode(store, plan: SharingNode.plan(.sync, takeover: 60_000))
    try await first.create()
    try await first.write(0..<3)
    #expect(try await eventually { (try? await second.ids()) == [0, 1, 2] })
    #expect(second.replicator.status.role == .follower)
    await second.stop()
    // It is one of this log from then on.
    try await first.write(3..<4)
    let again = try await SharingNode(
      store, at: second.path, plan: SharingNode.plan(.sync, takeover: 60_000))
    #expect(try await eventually { (try? await again.ids()) == [0, 1, 2, 3] })
    await again.stop()
    await first.stop()
  }

  @Test func aDatabaseThatHoldsSomethingJoinsNoOther() async throws {
    let other = MemoryStore()
    let own = try await SharingNode(other, plan: SharingNode.plan(.sync))
    #expect(try await leads(own))
    try await own.create()
    await own.stop()
    let first = try await SharingNode(store, plan: SharingNode.plan(.sync))
    #expect(try await leads(first))
    await #expect(throws: ReplicationError.self) {
      _ = try await SharingNode(store, at: own.path, plan: SharingNode.plan(.sync))
    }
    await first.stop()
  }

  @Test func repliesThatAreLostChangeNothing() async throws {
    let node = try await SharingNode(store, plan: SharingNode.plan(.sync, write: 60_000))
    #expect(try await leads(node))
    try await node.create()
    for id in UInt64(0)..<12 {
      store.fail("log/", id % 3 == 0 ? .lost : .replyLost)
      try await node.write(id..<id + 1)
    }
    #expect(try await entries() == Array(1...13))
    await node.stop()
  }

  /// Once a write has waited for `writeMilliseconds`.
  @Test func aStoreThatIsDownRefusesWritesAndLosesNone() async throws {
    let patient = try await SharingNode(store, plan: SharingNode.plan(.sync, write: 60_000))
    #expect(try await leads(patient))
    try await patient.create()
    try await patient.write(0..<2)
    await patient.stop()
    let node = try await SharingNode(
      store, at: patient.path, plan: SharingNode.plan(.sync, write: 100))
    #expect(try await leads(node))
    store.isDown = true
    let started = ContinuousClock.now
    let unknown = await #expect(throws: CollectionError.self) { try await node.write(2..<3) }
    guard case .unavailable(let reason)? = unknown else { return #expect(unknown == nil) }
    #expect(reason.hasPrefix("the object store has not said whether it has the write"))
    #expect(ContinuousClock.now - started >= .milliseconds(100))
    let refused = await #expect(throws: CollectionError.self) { try await node.write(3..<4) }
    guard case .unavailable(let reason)? = refused else { return #expect(refused == nil) }
    #expect(reason.hasPrefix("it is not known yet"))
    #expect(try await node.ids() == [0, 1], "reads go on")
    store.isDown = false
    // The write that nobody waits for is in the log, or gets there, and then in the database.
    #expect(try await eventually { try await node.ids() == [0, 1, 2] })
    #expect(
      try await eventually {
        do {
          try await node.write(4..<5)
          return true
        } catch {
          return false
        }
      })
    #expect(try await node.ids() == [0, 1, 2, 4])
    // A slow machine may have tried the last write more than once.
    let entries = try await entries()
    #expect(entries.count >= 5 && entries == Array(1...UInt64(entries.count)))
    await node.stop()
  }

  @Test func aSecondServerFollowsAndTakesOver() async throws {
    let plan = SharingNode.plan(.sync)
    let first = try await SharingNode(store, plan: plan)
    #expect(try await leads(first))
    // The second begins with what the first knows, before anything was written.
    let record = try #require(try ReplicationRecord.load(from: first.path))
    let path = SharingNode.folder()
    await (try Database.open(at: path, logger: SharingNode.logger)).close()
    try ReplicationRecord(
      database: record.database, log: record.log, position: LogPosition(segment: 0, entry: 0),
      writers: [], isWhole: true
    ).save(to: path)
    let second = try await SharingNode(store, at: path, plan: plan)
    try await first.create()
    try await first.write(0..<10)
    #expect(try await eventually { second.database.lastEntry == 11 })
    #expect(try await second.ids() == Array(0..<10))
    #expect(second.replicator.status.role == .follower)
    #expect(second.replicator.status.leader == "http://node")
    let refusal = await #expect(throws: CollectionError.self) { try await second.write(99..<100) }
    #expect(
      refusal
        == .unavailable("this server follows the one at http://node, which takes writes"))
    await first.stop()
    #expect(try await leads(second))
    try await second.write(10..<12)
    #expect(try await entries() == Array(1...13))
    // The first comes back and follows.
    let back = try await SharingNode(store, at: first.path, plan: plan)
    #expect(try await eventually { back.database.lastEntry == 13 })
    #expect(try await back.ids() == Array(0..<12))
    await back.stop()
    await second.stop()
  }

  @Test func aLeaderThatWasReplacedCanNotAnswer() async throws {
    let node = try await SharingNode(store, plan: SharingNode.plan(.sync, write: 60_000))
    #expect(try await leads(node))
    try await node.create()
    // Another writes where it would.
    let log = ObjectLog(store)
    let head = try await log.head()
    try await log.append(
      LogSegment(number: head + 1, writer: WriterID(), writtenAt: 1, items: []))
    let refusal = await #expect(throws: CollectionError.self) { try await node.write(0..<1) }
    guard case .unavailable? = refusal else { return #expect(refusal == nil) }
    #expect(try await node.ids().isEmpty)
    #expect(try await leads(node), "nobody else has the leader object")
    try await node.write(1..<2)
    #expect(try await node.ids() == [1])
    #expect(try await entries() == [1, 2])
    await node.stop()
  }
}

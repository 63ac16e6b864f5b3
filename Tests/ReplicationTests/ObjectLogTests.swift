import ObjectStorage
import Replication
import SharedLog
import Testing

/// A shared log in an object store.
@Suite struct ObjectLogTests {
  private let store = MemoryStore()
  private var log: ObjectLog { ObjectLog(store) }

  private func segment(_ number: UInt64, _ writer: WriterID = WriterID()) -> LogSegment {
    let item = LogItem(entry: number * 2, committedAt: 1, bytes: [1, 2, 3])
    return LogSegment(number: number, writer: writer, writtenAt: 2, items: [item])
  }

  @Test func aSegmentIsCreatedOnceAndReadBack() async throws {
    let first = segment(1)
    try await log.append(first)
    await #expect(throws: SharedLogError.taken) { try await log.append(segment(1)) }
    #expect(try await log.read(1) == first)
    #expect(try await log.read(2) == nil)
    #expect(store.keys == ["log/00000000000000000001"])
  }

  @Test func aReplyThatIsLostIsNoAnswer() async throws {
    let first = segment(1)
    store.fail("log/", .replyLost)
    await #expect(throws: SharedLogError.self) { try await log.append(first) }
    #expect(try await log.read(1) == first, "it is there all the same")
    store.fail("log/", .lost)
    let error = await #expect(throws: SharedLogError.self) { try await log.append(segment(2)) }
    guard case .unknown? = error else { return #expect(error == nil, "it can't be known") }
    #expect(try await log.read(2) == nil)
    store.fail("log/", .refused)
    let refusal = await #expect(throws: SharedLogError.self) { try await log.append(segment(2)) }
    #expect(refusal == .refused("the object store refused (403 AccessDenied): No"))
  }

  @Test(arguments: [0, 1, 999, 1000, 1001, 5000, 7777])
  func theHeadIsFoundByFewLists(_ count: UInt64) async throws {
    #expect(try await log.head() == 0)
    for number in 0..<count { try await store.put(LogKey.segment(number + 1), [0]) }
    try await store.put("m", [0])
    let before = store.lists
    #expect(try await log.head() == count)
    #expect(store.lists - before < 12)
    #expect(try await log.head(after: count / 2) == count)
    #expect(try await log.head(after: count) == count)
    try await log.raiseFloor(to: count + 1)
    for number in 0..<count { try await store.delete(LogKey.segment(number + 1)) }
    #expect(try await log.head() == count, "what was dropped counts")
  }

  @Test func theFloorOnlyGrows() async throws {
    #expect(try await log.floor() == LogFloor(number: 1, tag: nil))
    try await log.raiseFloor(to: 5)
    try await log.raiseFloor(to: 3)
    #expect(try await log.floor().number == 5)
    store.fail("floor", .replyLost)
    await #expect(throws: SharedLogError.self) { try await log.raiseFloor(to: 8) }
    try await log.raiseFloor(to: 8)
    await withTaskGroup(of: Void.self) { group in
      for number in 9..<40 { group.addTask { try? await log.raiseFloor(to: UInt64(number)) } }
    }
    #expect(try await log.floor().number == 39)
  }

  @Test func theLeaderObjectIsWrittenByWhoKnowsItsTag() async throws {
    let (one, other) = (WriterID(), WriterID())
    #expect(try await log.leader() == nil)
    let beat = LeaderBeat(writer: one, address: "http://one:6333", beat: 1)
    let tag = try #require(try await log.writeLeader(beat, ifTag: nil))
    #expect(try await log.leader() == TaggedBeat(beat, tag: tag))
    let second = LeaderBeat(writer: other, address: "http://other:6333", beat: 1)
    #expect(try await log.writeLeader(second, ifTag: nil) == nil)
    #expect(try await log.writeLeader(second, ifTag: "\"another\"") == nil)
    let next = try #require(try await log.writeLeader(second, ifTag: tag))
    #expect(try await log.leader() == TaggedBeat(second, tag: next))
  }

  @Test func aLogIsOfOneDatabase() async throws {
    let (one, other) = (DatabaseID(), DatabaseID())
    #expect(try await log.owner() == nil)
    let owner = try await log.claim(for: one)
    #expect(owner.database == one)
    #expect(try await log.claim(for: other) == owner)
    #expect(try await log.owner() == owner)
    #expect(DatabaseID(hex: one.description) == one)
    #expect(
      DatabaseID(hex: "12") == nil && DatabaseID(hex: String(repeating: "g", count: 32)) == nil)
  }

  @Test(arguments: [
    ("floor", #"{"version":1}"#), ("floor", #"{"version":1,"floor":0}"#), ("floor", "nothing"),
    ("leader", #"{"version":1,"writer":"12","address":"","beat":1}"#),
    ("database", #"{"version":1,"database":"xyz"}"#),
  ])
  func whatIsDamagedIsNotBelieved(_ key: String, _ text: String) async throws {
    for (text, isNewer) in [(text, false), (#"{"version":2}"#, true)] {
      try await store.put(key, Array(text.utf8))
      let error = await #expect(throws: SharedLogError.self) {
        switch key {
        case "floor": _ = try await log.floor()
        case "leader": _ = try await log.leader()
        default: _ = try await log.owner()
        }
      }
      switch error {
      case .damaged?: #expect(!isNewer)
      case .newer?: #expect(isNewer)
      default: Issue.record("\(String(describing: error))")
      }
    }
  }

  @Test func keysAreReadAsTheyAreWritten() {
    #expect(LogKey.segment(42) == "log/00000000000000000042")
    #expect(LogKey.snapshot(.max) == "snap/18446744073709551615")
    #expect(LogKey.number(LogKey.snapshot(7), in: LogKey.snapshots) == 7)
    #expect(LogKey.number(LogKey.snapshot(7), in: LogKey.segments) == nil)
    #expect(LogKey.number("log/7", in: LogKey.segments) == nil)
    #expect(LogKey.number("log/+0000000000000000007", in: LogKey.segments) == nil)
  }
}

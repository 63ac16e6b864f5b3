import Replication
import SharedLog
import Testing

/// Where servers of a log are reached.
@Suite struct NodeAddressTests {
  @Test(arguments: [
    ("http://a:6333", "http://a:6334"), ("http://a", "http://a:6334"),
    ("https://a.b:443/", "https://a.b:6334"), ("http://[::1]:6333", "http://[::1]:6334"),
    ("http://[::1]", "http://[::1]:6334"),
  ])
  func callsGoToTheSameHost(_ address: String, _ grpcAddress: String) {
    var plan = ReplicationPlan()
    plan.address = address
    plan.complete(besides: "http://127.0.0.1:1", grpcPort: 6334)
    #expect(plan.grpcAddress == grpcAddress)
  }

  @Test func whatIsSaidCounts() {
    var plan = ReplicationPlan()
    plan.grpcAddress = "http://b:1"
    plan.complete(besides: "http://127.0.0.1:6333", grpcPort: 6334)
    #expect(plan.address == "http://127.0.0.1:6333")
    #expect(plan.grpcAddress == "http://b:1")
    plan.complete(besides: "", grpcPort: nil)
    #expect(plan.grpcAddress == nil, "a server without the port has no address for it")
  }

  @Test func aServerSaysWhereItsCallsGo() async throws {
    let log = ObjectLog(MemoryStore())
    var node = ReplicaNode(
      writer: WriterID(), address: "http://a", grpcAddress: "http://a:6334", role: .follower,
      position: LogPosition(segment: 1, entry: 2), seenAt: 3)
    try await log.note(node)
    #expect(try await log.nodes() == [node])
    // What is no time of a server's clock can be compared and told like one.
    node.seenAt = .max
    try await log.note(node)
    #expect(try await log.nodes().first?.seenAt == 253_402_300_799_999)
    #expect(LogKey.number("snap/18446744073709551615", in: LogKey.snapshots) == nil)
    #expect(LogKey.number("snap/00000000000000000007", in: LogKey.snapshots) == 7)
    node.seenAt = 3
    node.grpcAddress = nil
    try await log.note(node)
    #expect(try await log.nodes() == [node])
  }
}

import HTTPTransfer
import OpenAITestServer
import Replication
import SharedLog
import Testing

/// How long the answer of the server that leads is waited for, and how long it may be.
@Suite struct ForwardingTests {
  /// What becomes of a change that is sent on; `nil` where it is answered.
  private func outcome(
    of server: HTTPTestServer, within seconds: Double? = nil,
    _ change: (inout ReplicationLimits) -> Void = { _ in }
  ) async throws -> ForwardingError? {
    let peers = HTTPClient()
    defer { peers.shutdown() }
    var plan = SharingNode.plan(write: 120_000)
    change(&plan.limits)
    let replicator = try Replicator(
      MemoryStore(), peers: peers, plan: plan, directory: SharingNode.folder(),
      logger: SharingNode.logger
    ) { _, _, _ in nil }
    let leader = LeaderPlace(writer: WriterID(), address: server.url)
    do throws(ForwardingError) {
      _ = try await replicator.forward(
        HTTPRequest(method: "PUT", url: server.url + "/x"), path: "/x", within: seconds,
        to: leader)
      return nil
    } catch {
      return error
    }
  }

  @Test func anAnswerIsWaitedForSoLong() async throws {
    let server = try #require(HTTPTestServer { _ in .hang })
    let timedOut = ForwardingError.unknown(HTTPClientError.timedOut.description)
    #expect(try await outcome(of: server) { $0.forwardMilliseconds = 100 } == timedOut)
    // A client that says how long goes before.
    #expect(try await outcome(of: server, within: 0.1) == timedOut)
    #expect(server.requests.count == 2, "neither was sent twice")
    server.stop()
  }

  @Test func anAnswerHasSoManyBytes() async throws {
    let server = try #require(
      HTTPTestServer { _ in .respond(status: 200, body: String(repeating: "x", count: 1000)) })
    let tooLarge = ForwardingError.unknown(HTTPClientError.tooLarge.description)
    #expect(try await outcome(of: server) { $0.forwardedAnswerBytesMax = 999 } == tooLarge)
    #expect(try await outcome(of: server) { $0.forwardedAnswerBytesMax = 1000 } == nil)
    server.stop()
  }
}

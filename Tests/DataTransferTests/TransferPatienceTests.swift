import DataTransfer
import HTTPTransfer
import OpenAITestServer
import QdrantClient
import Testing

/// How long a transfer waits for the server that it goes to or comes from.
@Suite struct TransferPatienceTests {
  /// What comes of asking a server that answers by `reply`, and how long that takes.
  private func outcome(
    _ reply: TestReply, _ change: (inout TransferLimits) -> Void
  ) async throws -> (isAnswered: Bool, requests: Int, time: Duration) {
    let server = try #require(HTTPTestServer { _ in reply })
    var limits = TransferLimits()
    change(&limits)
    let start = ContinuousClock.now
    let isAnswered =
      (try? await QdrantServer.patient(
        url: server.url, key: nil, client: HTTPClient(), limits: limits
      ).checkReadiness()) != nil
    return (isAnswered, server.requests.count, ContinuousClock.now - start)
  }

  @Test func `a request has its time`() async throws {
    let silent = try await outcome(.hang) {
      $0.requestSeconds = 0.3
      $0.attempts = 1
    }
    #expect(!silent.isAnswered && silent.time >= .milliseconds(300))
    let prompt = try await outcome(.respond(status: 200, body: "")) { $0.attempts = 1 }
    #expect(prompt.isAnswered && prompt.time < .seconds(TransferLimits().requestSeconds))
  }

  @Test func `nobody is waited for longer than may be`() async throws {
    for (asked, requests) in [("1", 2), ("2", 1)] {
      let busy = TestReply.respond(status: 503, headers: [("Retry-After", asked)], body: "")
      let (isAnswered, count, time) = try await outcome(busy) {
        $0.waitSeconds = 1
        $0.attempts = 2
      }
      #expect(!isAnswered && count == requests)
      #expect(time >= .seconds(requests - 1))
    }
  }
}

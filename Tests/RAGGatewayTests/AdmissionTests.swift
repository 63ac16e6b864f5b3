import HTTPTypes
import HummingbirdTesting
import NIOCore
import RAGGateway
import Testing

@Suite struct AdmissionTests {
  @Test func requestsBeyondTheLimitAreAskedToComeBack() async throws {
    var gateway = TestGateway()
    gateway.limits.requestsInFlight = 0
    try await gateway.run { client in
      try await client.execute(
        uri: "/query", method: .post, body: ByteBuffer(string: #"{"question":"x"}"#)
      ) { response in
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers[.retryAfter] == "1")
      }
      let live = try await client.get("/health/live")
      #expect(live.status == 200)
    }
  }

  @Test func placesAreGivenBack() async throws {
    var gateway = TestGateway()
    gateway.limits.requestsInFlight = 1
    try await gateway.run { client in
      for _ in 0..<3 {
        let refused = try await client.post("/query", "{}")
        #expect(refused.status == 422)
        let answered = try await client.post("/query", #"{"question":"x"}"#)
        #expect(answered.status == 200)
      }
    }
  }
}

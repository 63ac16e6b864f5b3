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

  @Test func aKeyThatAsksTooOftenIsAskedToWait() async throws {
    var gateway = TestGateway()
    gateway.keys = try #require(AccessKeys("read:first-key-1,read:second-key"))
    gateway.limits.requestsPerMinute = 3
    try await gateway.run { client in
      func ask(_ key: String) async throws -> (status: Int, wait: Int?) {
        try await client.execute(
          uri: "/query", method: .post, headers: [.authorization: "Bearer \(key)"],
          body: ByteBuffer(string: #"{"question":"x"}"#)
        ) { ($0.status.code, $0.headers[.retryAfter].flatMap { Int($0) }) }
      }
      // A minute may end among them, and gives as many again.
      var answers: [(status: Int, wait: Int?)] = []
      while answers.count < 7, answers.last?.status != 429 {
        answers.append(try await ask("first-key-1"))
      }
      #expect(answers.prefix(3).allSatisfy { $0.status == 200 })
      #expect(answers.last?.status == 429)
      #expect((1...60).contains(try #require(answers.last?.wait)))
      #expect(try await ask("second-key").status == 200)
    }
  }
}

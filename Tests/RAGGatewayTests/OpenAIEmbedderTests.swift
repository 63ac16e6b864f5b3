import FastJSON
import HTTPTransfer
import OpenAITestServer
import RAGGateway
import Synchronization
import Testing

@Suite struct OpenAIEmbedderTests {
  private static func embedder(
    _ server: OpenAITestServer, expected: Int? = nil, batch: Int = 64,
    timeout: Duration = .seconds(60), model: String = "tiny"
  ) -> OpenAIEmbedder {
    var retry = RetryPolicy()
    retry.maximumAttempts = 3
    retry.baseDelay = 0.001
    retry.maximumDelay = 0.01
    return OpenAIEmbedder(
      endpoint: JSONEndpoint(
        client: HTTPClient(), base: server.url, credential: .bearer("sk"), timeout: timeout,
        retry: retry),
      model: model, expectedDimension: expected, batch: batch, concurrency: 3)
  }

  private static func expected(_ texts: [String]) -> [[Float]] {
    texts.map { OpenAITestServer.vector(of: $0, size: 8) }
  }

  @Test func batchesKeepTheOrder() async throws {
    let server = try #require(OpenAITestServer())
    let texts = (0..<20).map { "text number \($0)" }
    let vectors = try await Self.embedder(server, batch: 3).embed(texts)
    #expect(vectors == Self.expected(texts))
    #expect(server.requests.count == 7)
    #expect(server.requests.allSatisfy { $0.headers["authorization"] == "Bearer sk" })
  }

  /// Of `batchCharactersMax`.
  @Test func longTextsMakeSmallBatches() async throws {
    let server = try #require(OpenAITestServer())
    let texts = (0..<3).map { String(repeating: "\($0)", count: 20_000) }
    _ = try await Self.embedder(server).embed(texts)
    #expect(server.requests.count == 3)
    let halves = [16_000, 16_000, 16_000, 16_001].map { String(repeating: "x", count: $0) }
    _ = try await Self.embedder(server).embed(halves)
    #expect(server.requests.count == 3 + 3)
  }

  @Test func learnsTheDimensionOnce() async throws {
    let server = try #require(OpenAITestServer(dimension: 5))
    let embedder = Self.embedder(server)
    #expect(try await embedder.identity().dimension == 5)
    #expect(try await embedder.identity().model == "tiny")
    #expect(server.requests.count == 1)
  }

  @Test func indexDecidesTheOrder() async throws {
    let server = try #require(OpenAITestServer(faults: [.reversed]))
    let vectors = try await Self.embedder(server).embed(["a", "b", "c"])
    #expect(vectors == Self.expected(["a", "b", "c"]))
  }

  @Test func halvesWhatIsTooLong() async throws {
    let server = try #require(OpenAITestServer(faults: [.batchLimit(2)]))
    let texts = (0..<7).map { "text \($0)" }
    let vectors = try await Self.embedder(server).embed(texts)
    #expect(vectors == Self.expected(texts))
  }

  @Test func retriesOnlyTheBatchThatFailed() async throws {
    let server = try #require(
      OpenAITestServer(faults: [.tooManyRequests(retryAfter: 0), .none]))
    let texts = (0..<6).map { "text \($0)" }
    let vectors = try await Self.embedder(server, batch: 2).embed(texts)
    #expect(vectors == Self.expected(texts))
    #expect(server.requests.count == 4)
  }

  @Test(arguments: [
    (OpenAIFault.missingVector, "tiny returned 1 embeddings for 2 texts"),
    (.dimension(3), "tiny makes vectors of 3 components"),
    (.badJSON, "the reply of tiny is no list of embeddings"),
    (.status(401, message: "bad key"), "status 401: bad key"),
  ])
  func wrongRepliesAreTold(_ fault: OpenAIFault, detail: String) async throws {
    let server = try #require(OpenAITestServer(faults: [fault]))
    let embedder = Self.embedder(server, expected: 8)
    await #expect {
      try await embedder.embed(["a", "b"])
    } throws: { error in
      let error = error as? GatewayError
      return error?.status == 502 && error?.message.contains(detail) == true
    }
  }

  @Test func changingDimensionIsTold() async throws {
    let server = try #require(OpenAITestServer(faults: [.none, .dimension(3)]))
    let embedder = Self.embedder(server)
    _ = try await embedder.embed(["a"])
    await #expect(throws: GatewayError.self) { try await embedder.embed(["b"]) }
  }

  @Test func hangingProviderTimesOut() async throws {
    let server = try #require(OpenAITestServer(faults: [.hang]))
    let embedder = Self.embedder(server, timeout: .milliseconds(100))
    await #expect {
      try await embedder.embed(["a"])
    } throws: { error in
      (error as? GatewayError)?.status == 503
    }
  }

  @Test func missingProviderIsUnreachable() async throws {
    let server = try #require(OpenAITestServer())
    server.stop()
    let embedder = Self.embedder(server)
    await #expect {
      try await embedder.checkReadiness()
    } throws: { error in
      (error as? GatewayError)?.status == 503
    }
  }

  @Test func shorteningIsAskedOfModelsThatCan() async throws {
    let server = try #require(OpenAITestServer())
    _ = try await Self.embedder(server, expected: 8, model: "text-embedding-3-small").embed(["a"])
    _ = try await Self.embedder(server, expected: 8).embed(["a"])
    let asked = server.requests.map { request -> JSONValue? in
      if case .object(let body) = request.json { body["dimensions"] } else { nil }
    }
    #expect(asked == [.integer(8), nil])
  }

  @Test func soManyBatchesAreUnderWay() async throws {
    let state = Mutex((running: 0, most: 0))
    let batches = (0..<12).map { ["text \($0)"] }
    let made = try await BatchRunner.run(batches, concurrency: 3) { batch in
      state.withLock { state in
        state.running += 1
        state.most = max(state.most, state.running)
      }
      // Until as many have begun as may.
      while state.withLock({ $0.most < 3 }) { await Task.yield() }
      await Task.yield()
      state.withLock { $0.running -= 1 }
      return .success(batch)
    }
    #expect(made == batches.flatMap { $0 })
    #expect(state.withLock { $0.most } == 3)
  }
}

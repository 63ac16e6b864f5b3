import FastJSON
import HTTPTransfer
import HTTPTypes
import HummingbirdTesting
import Logging
import NIOCore
import OpenAITestServer
import RAGGateway
import Testing

/// Bounds of the gateway that nothing else reaches.
@Suite struct GatewayLimitsTests {
  private static func question(_ turns: Int, of characters: Int = 1) -> String {
    let turn = #"{"role":"user","content":"\#(String(repeating: "x", count: characters))"}"#
    let history = [String](repeating: turn, count: turns).joined(separator: ",")
    return #"{"question":"What is apt?","history":[\#(history)]}"#
  }

  private static func chunks(_ count: Int, of document: String = "d") -> String {
    let chunks = (0..<count).map { number in
      let metadata = #"{"chunk_id":"\#(document)-\#(number)","source":"\#(document)"}"#
      return #"{"page_content":"Text \#(number).","metadata":\#(metadata)}"#
    }
    return #"{"chunks":[\#(chunks.joined(separator: ","))]}"#
  }

  @Test func requestsThatBringFilesAreFew() async throws {
    var gateway = TestGateway()
    gateway.limits.filesInFlight = 0
    try await gateway.run { client in
      try await client.execute(
        uri: "/upload/files?name=a.txt", method: .post, body: ByteBuffer(string: "Some text.")
      ) { response in
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers[.retryAfter] == "2")
      }
    }
    gateway.limits.filesInFlight = 1
    try await gateway.run { client in
      for _ in 0..<3 {
        try await client.execute(
          uri: "/upload/files?name=a.txt", method: .post, body: ByteBuffer(string: "Some text.")
        ) { #expect($0.status == .ok) }
      }
    }
  }

  @Test func bodiesOnTheirWayHoldSoMuch() async throws {
    var gateway = TestGateway()
    gateway.limits.arrivingBytes = 1000
    let body = #"{"question":"What is apt?"}"#
    try await gateway.run { client in
      // The first 64 KiB of each do not count.
      let small = body + String(repeating: " ", count: (64 << 10) + 1000 - body.utf8.count)
      // What was held is given back.
      for (given, status) in [(small, 200), (small + " ", 503), (small, 200)] {
        let answer = try await client.post("/query", given)
        #expect(answer.status == status)
      }
    }
  }

  @Test func conversationsAreBounded() async throws {
    var gateway = TestGateway()
    gateway.limits.historyTurns = 4
    gateway.limits.historyCharacters = 100
    try await gateway.run { client in
      for (turns, characters, status) in [(4, 1, 200), (5, 1, 422), (2, 50, 200), (2, 51, 422)] {
        let answer = try await client.post("/query", Self.question(turns, of: characters))
        #expect(answer.status == status)
      }
    }
  }

  private func upload(
    _ client: any TestClientProtocol, _ body: String, key: String
  ) async throws -> GatewayResponse {
    let name = try #require(HTTPField.Name("idempotency-key"))
    return try await client.execute(
      uri: "/upload/chunks", method: .post, headers: [name: key], body: ByteBuffer(string: body)
    ) { GatewayResponse($0) }
  }

  @Test func soManyAnswersAreKept() async throws {
    var gateway = TestGateway()
    gateway.limits.idempotencyKeys = 2
    try await gateway.run { client in
      // What failed is no answer, and takes no other's place.
      #expect(try await upload(client, "{}", key: "a").status == 422)
      for key in ["a", "b"] {
        let body = Self.chunks(1, of: key)
        #expect(try await upload(client, body, key: key)["unchanged"] == .integer(0))
        #expect(try await upload(client, body, key: key)["unchanged"] == .integer(0), "kept")
      }
      let first = Self.chunks(1, of: "a")
      #expect(try await upload(client, first, key: "a")["unchanged"] == .integer(0), "kept")
      let third = try await upload(client, Self.chunks(2, of: "c"), key: "c")
      #expect(third.status == 200)
      let second = try await upload(client, Self.chunks(1, of: "b"), key: "b")
      #expect(second["unchanged"] == .integer(0), "kept")
      // The oldest went for it: the request is carried out again.
      #expect(try await upload(client, Self.chunks(2, of: "c"), key: "a").status == 200)
    }
  }

  @Test func answersAreKeptSoLong() async throws {
    var gateway = TestGateway()
    gateway.limits.idempotencyAge = .zero
    try await gateway.run { client in
      let first = try await upload(client, Self.chunks(1), key: "a")
      #expect(first["uploaded"] == .integer(1))
      let second = try await upload(client, Self.chunks(1), key: "a")
      #expect(second["unchanged"] == .integer(1))
    }
  }

  @Test func aModelIsGivenSoMuchContext() async throws {
    let server = try #require(OpenAITestServer())
    var limits = GatewayLimits()
    limits.contextCharacters = 60
    let generator = OpenAIGenerator(
      endpoint: JSONEndpoint(
        client: HTTPClient(), base: server.url, credential: .bearer("k"), timeout: .seconds(60),
        retry: RetryPolicy()),
      model: "tiny", temperature: nil, prompt: try InsightPrompt.load(path: nil, version: "v1"),
      mode: nil, limits: limits, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let request = AnswerRequest(
      question: "What?", questionVector: [1],
      chunks: [
        RetrievedChunk(chunkID: "a", title: "A", text: "The first passage fits.", score: 0.6),
        RetrievedChunk(
          chunkID: "b", title: "B", text: String(repeating: "beyond ", count: 9), score: 0.5),
      ])
    _ = try await generator.answer(request)
    let sent = String(decoding: try #require(server.requests.first).body, as: UTF8.self)
    #expect(sent.contains("The first passage fits.") && !sent.contains("beyond"))
  }

  @Test func soManySentencesAreCompared() async throws {
    let embedder = HashingEmbedder(dimension: 512)
    var limits = GatewayLimits()
    limits.candidateSentences = 3
    let text = (0..<20).map { "This is the sentence of the number \($0) here." }
    _ = try await ExtractiveGenerator(embedder: embedder, limits: limits).answer(
      AnswerRequest(
        question: "Which number?", questionVector: embedder.vector(of: "Which number?"),
        chunks: [
          RetrievedChunk(
            chunkID: "a", title: "A", text: text.joined(separator: " "), score: 0.6)
        ]))
    #expect(embedder.texts.count == 3)
  }

  @Test func pointsAreWrittenAndListedInPieces() async throws {
    var gateway = TestGateway()
    gateway.limits.pointsPerWrite = 2
    gateway.limits.pointsPerPage = 2
    let store = gateway.store
    try await gateway.run { client in
      #expect(try await client.post("/upload/chunks", Self.chunks(5)).status == 200)
      #expect(store.snapshot.writes == 3)
      let lists = store.snapshot.filters.count
      try await client.execute(
        uri: "/upload/chunks", method: .delete, body: ByteBuffer(string: #"{"document":"d"}"#)
      ) { #expect($0.status == .ok) }
      #expect(store.snapshot.filters.count == lists + 3)
      #expect(store.snapshot.chunks.isEmpty)
    }
  }

  @Test func uploadsGoInSteps() async throws {
    var gateway = TestGateway()
    gateway.limits.chunksPerStep = 2
    let embedder = gateway.embedder
    try await gateway.run { client in
      let answer = try await client.post("/upload/chunks", Self.chunks(5))
      #expect(answer.status == 200)
    }
    #expect(embedder.calls.map(\.count) == [2, 2, 1])
  }

  @Test func listingsHavePages() async throws {
    var gateway = TestGateway()
    gateway.limits.chunksListed = 2
    try await gateway.run { client in
      #expect(try await client.post("/upload/chunks", Self.chunks(3)).status == 200)
      for path in ["/upload/chunks", "/upload/chunks?limit=2"] {
        let page = try await client.get(path)
        #expect(page["chunks"]?.arrayValue?.count == 2)
        #expect(page["next"]?.stringValue != nil)
      }
      let wide = try await client.get("/upload/chunks?limit=3")
      #expect(wide.status == 400)
      #expect(wide.detail == "limit is a whole number from 1 to 2")
    }
  }

  @Test func aQuestionAsksForSoMany() async throws {
    var gateway = TestGateway()
    gateway.limits.retrieved = 2
    try await gateway.run { client in
      for (count, status) in [(2, 200), (3, 422)] {
        let answer = try await client.post("/query", #"{"question":"What?","k":\#(count)}"#)
        #expect(answer.status == status)
      }
    }
  }
}

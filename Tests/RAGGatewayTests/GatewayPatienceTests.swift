import FastJSON
import HTTPTransfer
import OpenAITestServer
import RAGGateway
import ServiceProcess
import Synchronization
import Testing

/// How long whoever asks another service waits for an answer, and how often the same is asked.
@Suite struct GatewayPatienceTests {
  /// A time that is over soon.
  private static let short = Duration.milliseconds(300)
  private static let upload =
    #"{"success":true,"message":"","uploaded":1,"unchanged":0,"updated":0,"failed":[]}"#
  private static let removal = #"{"deleted":2}"#
  private static let busy = TestReply.respond(
    status: 503, headers: [("Retry-After", "0")], body: #"{"detail":"It is busy"}"#)

  /// A server that goes by `script` for requests of one method, and repeats its last reply.
  private static func server(_ method: String, _ script: [TestReply]) throws -> HTTPTestServer {
    let rest = Mutex(script)
    return try #require(
      HTTPTestServer { request in
        guard request.method == method else { return .respond(status: 200, body: removal) }
        return rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
      })
  }

  private static func asked(_ server: HTTPTestServer, _ method: String = "POST") -> Int {
    server.requests.count { $0.method == method }
  }

  /// How long `body` takes.
  private static func time(_ body: () async throws -> Void) async rethrows -> Duration {
    let start = ContinuousClock.now
    try await body()
    return ContinuousClock.now - start
  }

  /// What is written while one file goes to a gateway, and whether it got there.
  private static func ingest(
    to server: HTTPTestServer, within time: Duration?
  ) async throws -> (text: String, succeeded: Bool) {
    let folder = try TemporaryFolder()
    try folder.write("a.txt", "Some text.")
    let text = Mutex("")
    let write: @Sendable (String) -> Void = { part in text.withLock { $0 += part } }
    let address = GatewayAddress(url: server.url)
    let outcome =
      if let time {
        try await IngestRun.run(
          paths: [folder.path], gateway: address, isTerminal: false, uploadTime: time, write: write)
      } else {
        try await IngestRun.run(
          paths: [folder.path], gateway: address, isTerminal: false, write: write)
      }
    return (text.withLock { $0 }, outcome.succeeded)
  }

  /// The first attempt of an upload is given up after its time, which `uploadTimeMax` is otherwise.
  @Test func anUploadHasItsTime() async throws {
    let server = try Self.server("POST", [.hang, .respond(status: 200, body: Self.upload)])
    let time = try await Self.time {
      let outcome = try await Self.ingest(to: server, within: Self.short)
      #expect(outcome.succeeded)
    }
    #expect(time >= Self.short && Self.asked(server) == 2)
  }

  /// Of `IngestRun.attemptsMax`.
  @Test(arguments: [3, 4]) func anUploadIsSentSoOften(failures: Int) async throws {
    let script = [TestReply](repeating: Self.busy, count: failures)
    let server = try Self.server("POST", script + [.respond(status: 200, body: Self.upload)])
    let (text, succeeded) = try await Self.ingest(to: server, within: nil)
    #expect(succeeded == (failures < 4))
    #expect(text.contains("status 503: It is busy") == !succeeded)
    #expect(Self.asked(server) == 4)
  }

  /// As an upload; the time is `removalTimeMax` otherwise.
  @Test func aRemovalHasItsTime() async throws {
    let server = try Self.server("DELETE", [.hang, .respond(status: 200, body: Self.removal)])
    let told = Mutex("")
    let time = try await Self.time {
      try await IngestRun.remove(
        ["a.txt"], from: GatewayAddress(url: server.url), within: Self.short
      ) { part in told.withLock { $0 += part } }
    }
    #expect(time >= Self.short && Self.asked(server, "DELETE") == 2)
    #expect(told.withLock { $0 } == "gone: a.txt: 2 passages removed\n")
  }

  /// It is asked for once; the time is `answerTimeMax` otherwise.
  @Test func anAnswerInATerminalHasItsTime() async throws {
    let server = try Self.server("POST", [.hang])
    let run = QuestionRun(GatewayAddress(url: server.url), answerTime: Self.short) { _ in }
    defer { run.shutdown() }
    let problem = await #expect(throws: QuestionProblem.self) { try await run.ask("What?") }
    #expect(problem?.description.hasSuffix("did not answer within 0.3 seconds") == true)
    #expect(Self.asked(server) == 1)
  }

  /// Of `HealthRequest.timeMax`.
  @Test func aQuestionAfterTheHealthHasFiveSeconds() async throws {
    let server = try Self.server("GET", [.hang, .respond(status: 200, body: "{}")])
    let address = GatewayAddress(url: server.url)
    let time = await Self.time {
      let health = await HealthRequest.send(to: address)
      #expect(!health.isReady && health.text.hasSuffix("did not answer within 5.0 seconds"))
    }
    #expect(time >= .seconds(5))
    #expect(await HealthRequest.send(to: address).isReady)
  }

  private static func reranker(_ server: HTTPTestServer, within time: Duration) throws
    -> any Reranker
  {
    let settings = try GatewaySettings(.init(environment: ["RERANK__BASE_URL": server.url]))
    return GatewayAssembly.reranker(
      try #require(settings.rerank), client: HTTPClient(), limits: GatewayLimits(), within: time)
  }

  private static let scores = TestReply.respond(
    status: 200, body: #"{"results":[{"index":0,"relevance_score":0.5}]}"#)

  /// The first attempt is given up after its time.
  @Test func aRerankingHasItsTime() async throws {
    let server = try Self.server("POST", [.hang, Self.scores])
    let reranker = try Self.reranker(server, within: Self.short)
    let time = try await Self.time {
      let scores = try await reranker.scores(of: ["Some text."], for: "What?")
      #expect(scores == [0.5])
    }
    #expect(time >= Self.short && Self.asked(server) == 2)
  }

  /// Of `rerankAttemptsMax`.
  @Test func aRerankingIsAskedForTwice() async throws {
    for (replies, isFailure) in [([Self.busy, Self.scores], false), ([Self.busy], true)] {
      let server = try Self.server("POST", replies)
      let reranker = try Self.reranker(server, within: GatewayAssembly.rerankTimeMax)
      do throws(GatewayError) {
        let scores = try await reranker.scores(of: ["Some text."], for: "What?")
        #expect(scores == [0.5] && !isFailure)
      } catch {
        #expect(isFailure && error.message.contains("status 503"))
      }
      #expect(Self.asked(server) == 2)
    }
  }
}

import HTTPTransfer
import Hummingbird
import HummingbirdTesting
import Logging
import RAGGateway
import Synchronization
import Testing

@Suite struct EventStreamTests {
  /// Answers once it is let, and knows whether it was stopped before.
  private final class HeldGenerator: AnswerGenerator {
    private let gate = AsyncStream.makeStream(of: Void.self)
    private let cancellations = AsyncStream.makeStream(of: Void.self)

    func release() { gate.continuation.finish() }

    /// Returns when the answer was given up.
    func cancelled() async {
      for await _ in cancellations.stream {}
    }

    func answer(_ request: AnswerRequest) async throws(GatewayError) -> Answer {
      await withTaskCancellationHandler {
        for await _ in gate.stream {}
      } onCancel: {
        cancellations.continuation.finish()
      }
      return Answer(
        title: "Held", summary: "A held answer [1].", confidence: 0.8, citations: [],
        generator: GeneratorNote(provider: "openai"))
    }
  }

  private final class Received: Sendable {
    private let text = Mutex("")
    var all: String { text.withLock { $0 } }
    func add(_ bytes: UnsafeRawBufferPointer) {
      text.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
    }
  }

  /// A gateway on a port of its own, with a chunk in it, whose streams show every few milliseconds
  /// that they live.
  private static func serve(
    _ generator: HeldGenerator, _ work: @escaping @Sendable (JSONEndpoint) async throws -> Void
  ) async throws {
    var limits = GatewayLimits()
    limits.heartbeat = .milliseconds(5)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let services = GatewayServices(
      embedder: HashingEmbedder(), store: MemoryStore(), generator: generator, limits: limits,
      logger: logger)
    let application = Application(
      router: GatewayRouter.make(services),
      configuration: .init(address: .hostname("127.0.0.1", port: 0)), logger: logger)
    try await application.test(.live) { client in
      let text = "Threads share the memory of one process."
      _ = try await client.post("/upload/chunks", #"{"chunks":[{"page_content":"\#(text)"}]}"#)
      let port = try #require(client.port)
      let http = HTTPClient()
      try await work(
        JSONEndpoint(
          client: http, base: "http://127.0.0.1:\(port)", timeout: .seconds(120),
          retry: RetryPolicy()))
      http.shutdown()
    }
  }

  private static let question = Array(
    #"{"question":"threads share memory of one process","stream":true}"#.utf8)

  @Test func aStreamWithNothingToSayShowsThatItLives() async throws {
    let generator = HeldGenerator()
    try await Self.serve(generator) { endpoint in
      let received = Received()
      let reply = try await endpoint.stream(.post, "/insight/query", body: Self.question) {
        received.add($0)
        if received.all.contains(": alive\n\n: alive\n\n") { generator.release() }
        return true
      }
      #expect(reply.status == 200)
      let text = received.all
      #expect(text.hasPrefix("event: retrieval\n") || text.hasPrefix(": alive\n"))
      #expect(text.contains("A held answer [1]."))
      #expect(text.hasSuffix("event: done\ndata: {}\n\n") || text.hasSuffix(": alive\n\n"))
    }
  }

  @Test func anAnswerThatNobodyReadsIsGivenUp() async throws {
    let generator = HeldGenerator()
    try await Self.serve(generator) { endpoint in
      let received = Received()
      _ = try? await endpoint.stream(.post, "/insight/query", body: Self.question) {
        received.add($0)
        return !received.all.contains("event: retrieval\n")
      }
      await generator.cancelled()
    }
  }
}

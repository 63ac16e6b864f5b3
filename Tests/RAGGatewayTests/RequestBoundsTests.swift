import HTTPTransfer
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import RAGGateway
import Synchronization
import Testing

/// Bounds on requests whose bodies are still to be read, or whose answers are.
@Suite struct RequestBoundsTests {
  /// A body whose pieces are made when they are asked for.
  private struct MadeBody: AsyncSequence, Sendable {
    let piece: @Sendable () -> ByteBuffer?

    func makeAsyncIterator() -> Iterator { Iterator(piece: piece) }

    struct Iterator: AsyncIteratorProtocol {
      let piece: @Sendable () -> ByteBuffer?

      mutating func next() async throws -> ByteBuffer? { piece() }
    }
  }

  /// Takes an answer and forgets it.
  private struct Unseen: ResponseBodyWriter {
    mutating func write(_ buffer: ByteBuffer) async throws {}

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
  }

  /// Remembers when what it is asked for has to be over.
  private final class HurriedEmbedder: Embedder {
    let similarityThreshold: Float = 0.3
    private let hashing = HashingEmbedder()
    private let deadline = Mutex<ContinuousClock.Instant?>(nil)

    var end: ContinuousClock.Instant? { deadline.withLock { $0 } }

    func identity() async throws(GatewayError) -> EmbeddingIdentity {
      try await hashing.identity()
    }

    func embed(_ texts: [String]) async throws(GatewayError) -> [[Float]] {
      let end = RequestDeadline.current?.end
      deadline.withLock { $0 = end }
      return try await hashing.embed(texts)
    }

    func checkReadiness() async throws(GatewayError) {}
  }

  private static func responder(
    _ limits: GatewayLimits, _ embedder: any Embedder = HashingEmbedder()
  ) -> RouterResponder<GatewayContext> {
    GatewayRouter.make(
      GatewayServices(
        embedder: embedder, store: MemoryStore(), generator: FixedGenerator(), limits: limits,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    ).buildResponder()
  }

  /// A response whose body was not written yet.
  private static func post(
    _ path: String, length: Int, to responder: RouterResponder<GatewayContext>,
    _ piece: @escaping @Sendable () -> ByteBuffer?
  ) async throws -> Response {
    let request = Request(
      head: HTTPRequest(
        method: .post, scheme: "http", authority: "localhost", path: path,
        headerFields: [.contentLength: "\(length)"]),
      body: .init(asyncSequence: MadeBody(piece: piece)))
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    return try await responder.respond(
      to: request,
      context: GatewayContext(
        source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: logger)))
  }

  private static func post(
    _ path: String, _ body: String, to responder: RouterResponder<GatewayContext>
  ) async throws -> Response {
    let left = Mutex<ByteBuffer?>(ByteBuffer(string: body))
    return try await post(path, length: body.utf8.count, to: responder) {
      left.withLock { left in
        defer { left = nil }
        return left
      }
    }
  }

  @Test func theTimeOfARequestBeginsOnceItHasArrived() async throws {
    let embedder = HurriedEmbedder()
    var limits = GatewayLimits()
    limits.requestTime = .seconds(60)
    let body = #"{"chunks":[{"page_content":"Arrows fly."}]}"#
    let rest = Mutex(body.utf8.map { ByteBuffer(bytes: [$0]) }[...])
    let arrived = Mutex<ContinuousClock.Instant?>(nil)
    let response = try await Self.post(
      "/upload/chunks", length: body.utf8.count, to: Self.responder(limits, embedder)
    ) {
      let piece = rest.withLock { $0.popFirst() }
      if piece == nil { arrived.withLock { $0 = ContinuousClock.now } }
      return piece
    }
    #expect(response.status == .ok)
    let last = try #require(arrived.withLock { $0 })
    #expect(try #require(embedder.end) >= last + .seconds(60))
  }

  @Test func aRefusedBodyIsReadSoFar() async throws {
    var limits = GatewayLimits()
    limits.bodyBytes = 10
    limits.drainedBytes = 1000
    let pieces = Mutex(0)
    let response = try await Self.post(
      "/upload/chunks", length: 1 << 20, to: Self.responder(limits)
    ) {
      let count = pieces.withLock { count in
        count += 1
        return count
      }
      return count > 100 ? nil : ByteBuffer(repeating: 32, count: 300)
    }
    #expect(response.status == .contentTooLarge)
    #expect(pieces.withLock { $0 } == 0, "it is answered at once")
    try await response.body.write(Unseen())
    #expect(pieces.withLock { $0 } == 4)
  }

  @Test func soManyAnswersAreStreamed() async throws {
    var limits = GatewayLimits()
    limits.streams = 1
    let responder = Self.responder(limits)
    let question = #"{"question":"Do arrows fly?","stream":true}"#
    do {
      let first = try await Self.post("/query", question, to: responder)
      #expect(first.status == .ok)
      let second = try await Self.post("/query", question, to: responder)
      #expect(second.status == .serviceUnavailable)
      #expect(second.headers[.retryAfter] == "1")
      try await first.body.write(Unseen())
    }
    // One that was never read takes no place for ever.
    for _ in 0..<2 {
      let later = try await Self.post("/query", question, to: responder)
      #expect(later.status == .ok)
    }
  }
}

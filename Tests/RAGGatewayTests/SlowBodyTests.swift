import HTTPConnections
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOPosix
import RAGGateway
import Testing

@Suite struct SlowBodyTests {
  /// All that is answered to `text` until the connection is closed.
  private static func answer(to text: String, at port: Int) async throws -> String {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      try await outbound.write(ByteBuffer(string: text))
      var answer = ""
      for try await part in inbound { answer += String(buffer: part) }
      return answer
    }
  }

  private static func run(
    idle: Duration = .seconds(75),
    _ test: @escaping @Sendable (_ port: Int) async throws -> Void
  ) async throws {
    let parts = TestGateway()
    var limits = GatewayLimits()
    limits.connection.body = .milliseconds(100)
    limits.connection.head = .milliseconds(100)
    limits.idleConnection = idle
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let services = GatewayServices(
      embedder: parts.embedder, store: parts.store, generator: parts.generator, limits: limits,
      logger: logger)
    let application = Application(
      router: GatewayRouter.make(services), server: GatewayApplication.server(limits),
      configuration: .init(address: .hostname("127.0.0.1", port: 0)), logger: logger)
    try await application.test(.live) { client in try await test(try #require(client.port)) }
  }

  @Test(arguments: ["/query", "/upload/chunks", "/upload/files?name=a.txt", "/mcp"])
  func aBodyHasToArriveInTime(path: String) async throws {
    try await Self.run { port in
      let request = "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
      let answer = try await Self.answer(to: request, at: port)
      #expect(answer.hasPrefix("HTTP/1.1 408 "))
      #expect(answer.lowercased().contains("connection: close"))
      #expect(answer.contains(#"{"detail":"The body came too slowly: 1 bytes until now"}"#))
    }
  }

  @Test func openAIsClientsAreToldInTheirForm() async throws {
    try await Self.run { port in
      let request =
        "POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
      let answer = try await Self.answer(to: request, at: port)
      #expect(answer.hasPrefix("HTTP/1.1 408 "))
      #expect(answer.contains(#"{"error":{"message":"The body came too slowly"#))
    }
  }

  @Test func aHeadHasToArriveInTime() async throws {
    try await Self.run { port in
      let answer = try await Self.answer(to: "POST /query HTTP/1.1\r\nHos", at: port)
      #expect(answer.hasPrefix("HTTP/1.1 408 "))
      #expect(answer.contains(#"{"detail":"Timeout error: the request's head did not come"#))
    }
  }

  @Test(.timeLimit(.minutes(1))) func aConnectionWithoutARequestIsClosed() async throws {
    try await Self.run(idle: .milliseconds(100)) { port in
      let answer = try await Self.answer(
        to: "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", at: port)
      #expect(answer.hasPrefix("HTTP/1.1 200 "))
    }
  }
}

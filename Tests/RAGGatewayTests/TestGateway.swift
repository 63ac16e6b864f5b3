import FastJSON
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import RAGGateway

/// A gateway of test parts, asked without a socket.
struct TestGateway {
  let embedder: HashingEmbedder
  let store: MemoryStore
  let generator: any AnswerGenerator
  var limits = GatewayLimits()
  var keys = AccessKeys()
  var origins = AllowedOrigins()

  init(
    embedder: HashingEmbedder = HashingEmbedder(), store: MemoryStore = MemoryStore(),
    generator: (any AnswerGenerator)? = nil
  ) {
    self.embedder = embedder
    self.store = store
    self.generator = generator ?? ExtractiveGenerator(embedder: embedder)
  }

  /// Sends requests to one application.
  func run(_ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void) async throws {
    let services = GatewayServices(
      embedder: embedder, store: store, generator: generator, keys: keys,
      origins: origins, limits: limits,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let application = Application(
      router: GatewayRouter.make(services), logger: services.logger)
    try await application.test(.router) { try await body($0) }
  }
}

/// A response as a test looks at it.
struct GatewayResponse {
  let status: Int
  let json: JSONValue

  subscript(member: String) -> JSONValue? {
    if case .object(let members) = json { members[member] } else { nil }
  }

  var detail: String? {
    if case .string(let text)? = self["detail"] { text } else { nil }
  }
}

extension TestClientProtocol {
  /// Posts a JSON text.
  func post(_ path: String, _ body: String) async throws -> GatewayResponse {
    try await execute(
      uri: path, method: .post, headers: [.contentType: "application/json"],
      body: ByteBuffer(string: body)
    ) { GatewayResponse($0) }
  }

  func get(_ path: String) async throws -> GatewayResponse {
    try await execute(uri: path, method: .get) { GatewayResponse($0) }
  }
}

extension GatewayResponse {
  init(_ response: TestResponse) {
    status = response.status.code
    json = (try? JSONValue(parsing: Array(response.body.readableBytesView))) ?? .null
  }
}

import FastJSON
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import QdrantREST
import QdrantService
import Testing
import VectorDB

/// An answer of the server, taken apart.
struct Answer {
  let status: Int
  let headers: HTTPFields
  /// The body as it came.
  let text: String

  /// The body without its `time`, which differs from run to run.
  var timeless: String {
    guard let range = text.range(of: ",\"time\":") else { return text }
    let end = text[range.upperBound...].firstIndex { $0 == "," || $0 == "}" }
    return String(text[..<range.lowerBound]) + String(text[(end ?? text.endIndex)...])
  }

  /// The text of the error envelope, when that is exactly what the body is.
  var error: String? {
    guard case .object(let envelope)? = try? JSONValue(parsing: Array(text.utf8)),
      envelope.keys == ["status", "time"],
      case .object(let status)? = envelope["status"], status.keys == ["error"],
      case .string(let error)? = status["error"], headers[.contentType] == "application/json"
    else { return nil }
    return error
  }
}

/// A server over a real database in a folder of its own, driven without a socket.
struct ServerFixture {
  let client: any TestClientProtocol
  /// Every route that the server has.
  var routes: [String] = []
  var followerParts: [String: FollowerPart] = [:]

  func send(
    _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil,
    headers: HTTPFields = [:]
  ) async throws -> Answer {
    try await send(method, path, bytes: body.map { ByteBuffer(string: $0) }, headers: headers)
  }

  func send(
    _ method: HTTPRequest.Method, _ path: String, bytes: ByteBuffer?, headers: HTTPFields = [:]
  ) async throws -> Answer {
    try await client.execute(uri: path, method: method, headers: headers, body: bytes) {
      Answer(status: $0.status.code, headers: $0.headers, text: String(buffer: $0.body))
    }
  }

  static var quietLogger: Logger {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
  }

  /// Runs `test` against a fresh server.
  static func run(
    _ settings: ServerSettings = ServerSettings(), limits: Limits = Limits(),
    logger: Logger = ServerFixture.quietLogger,
    _ test: @escaping @Sendable (ServerFixture) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "quiver-rest-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let database = try Database.open(
      at: folder.path, options: DatabaseOptions(searchThreads: 1, limits: limits), logger: logger)
    let rest = RESTApplication(database: database, settings: settings, logger: logger)
    do {
      try await rest.application().test(.router) {
        try await test(
          ServerFixture(
            client: $0, routes: rest.routes, followerParts: rest.followerParts))
      }
    } catch {
      await database.close()
      throw error
    }
    await database.close()
  }

  /// Runs `test` against a server with a collection `c` of 2-d points 1…3.
  static func runWithPoints(
    _ settings: ServerSettings = ServerSettings(),
    _ test: @escaping @Sendable (ServerFixture) async throws -> Void
  ) async throws {
    try await run(settings) { server in
      let created = try await server.send(
        .put, "/collections/c", #"{"vectors":{"size":2,"distance":"Dot"}}"#)
      try #require(created.status == 200)
      let filled = try await server.send(
        .put, "/collections/c/points?wait=true",
        """
        {"points":[{"id":1,"vector":[1,0],"payload":{"a":1}},\
        {"id":2,"vector":[0,1],"payload":{"a":2}},{"id":3,"vector":[1,1]}]}
        """)
      try #require(filled.status == 200)
      try await test(server)
    }
  }
}

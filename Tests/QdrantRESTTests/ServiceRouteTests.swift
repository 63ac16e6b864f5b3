import FastJSON
import HTTPTypes
import HummingbirdTesting
import Logging
import QdrantREST
import QdrantService
import Testing

@Suite struct ServiceRouteTests {
  @Test func rootNamesTitleVersionAndCommit() async throws {
    try await ServerFixture.run { server in
      let answer = try await server.send(.get, "/")
      let zeros = String(repeating: "0", count: 40)
      #expect(answer.status == 200)
      #expect(
        answer.text
          == #"{"title":"quiver - vector search engine","version":"1.19.0","commit":"\#(zeros)"}"#)
      #expect(answer.headers[.contentType] == "application/json")
    }
  }

  @Test func probesAnswerInPlainText() async throws {
    try await ServerFixture.run { server in
      for (path, text) in [
        ("/healthz", "healthz check passed"), ("/livez", "healthz check passed"),
        ("/readyz", "all shards are ready"),
      ] {
        let answer = try await server.send(.get, path)
        #expect(answer.status == 200)
        #expect(answer.text == text)
        let head = try await server.send(.head, path)
        #expect(head.status == 200)
        #expect(head.text.isEmpty)
      }
    }
  }

  @Test(arguments: [
    ("/cluster", #"{"result":{"status":"disabled"},"status":"ok"}"#),
    ("/issues", #"{"result":{"issues":[]},"status":"ok"}"#),
    ("/aliases", #"{"result":{"aliases":[]},"status":"ok"}"#),
    ("/snapshots", #"{"result":[],"status":"ok"}"#),
    ("/collections", #"{"result":{"collections":[{"name":"c"}]},"status":"ok"}"#),
    ("/collections/c/aliases", #"{"result":{"aliases":[]},"status":"ok"}"#),
    ("/collections/c/snapshots", #"{"result":[],"status":"ok"}"#),
  ])
  func listsAnswerExactly(_ path: String, _ expected: String) async throws {
    try await ServerFixture.runWithPoints { server in
      let answer = try await server.send(.get, path)
      #expect(answer.status == 200)
      #expect(answer.timeless == expected)
      let slashed = try await server.send(.get, path + "/")
      #expect(slashed.timeless == expected)
    }
  }

  @Test func unknownRoutesAnswerNothing() async throws {
    try await ServerFixture.runWithPoints { server in
      for (method, path) in [
        (HTTPRequest.Method.get, "/nope"), (.get, "/collections/c/points/1/2"), (.head, "/nope"),
        (.options, "/nope"), (.post, "/collections/c/points/nope"),
      ] {
        let answer = try await server.send(method, path)
        #expect(answer.status == 404, "\(method) \(path)")
        #expect(answer.text.isEmpty, "\(method) \(path)")
      }
    }
  }

  @Test(arguments: [
    (HTTPRequest.Method.post, "/collections/c", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
    (.put, "/collections", "GET, HEAD, OPTIONS"), (.delete, "/", "GET, HEAD, OPTIONS"),
    (.delete, "/collections/c/points/batch/", "POST, OPTIONS"),
    // A collection of that name, and the route of all changes to aliases.
    (.trace, "/collections/aliases", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
    (.patch, "/collections/c/points", "POST, PUT, OPTIONS"),
  ])
  func otherMethodsAreNamed(
    _ method: HTTPRequest.Method, _ path: String, _ allowed: String
  ) async throws {
    try await ServerFixture.runWithPoints { server in
      let refused = try await server.send(method, path)
      #expect(refused.status == 405)
      #expect(refused.headers[.allow] == allowed)
      #expect(refused.error?.hasSuffix("expected " + allowed) == true)
      let asked = try await server.send(.options, path)
      #expect(asked.status == 204)
      #expect(asked.headers[.allow] == allowed)
      #expect(asked.text.isEmpty)
    }
  }

  @Test func everyRouteThatIsReadAnswersHead() async throws {
    try await ServerFixture.runWithPoints { server in
      for path in [
        "/", "/healthz", "/collections", "/collections/c", "/collections/c/exists",
        "/collections/c/cluster", "/collections/c/points/1", "/collections/c/snapshots",
        "/collections/none", "/aliases", "/issues", "/cluster",
      ] {
        let got = try await server.send(.get, path)
        let head = try await server.send(.head, path)
        #expect(head.status == got.status, "\(path)")
        #expect(head.text.isEmpty, "\(path)")
        #expect(head.headers[.contentType] == got.headers[.contentType], "\(path)")
        let length = head.headers[.contentLength].flatMap { Int($0) } ?? 0
        #expect(abs(length - got.text.utf8.count) < 24, "\(path)")
      }
    }
  }

  @Test func aServerThatIsOpeningSaysSo() async throws {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let settings = ServerSettings()
    let api = QdrantService(
      state: ServerState(bodyBytesMax: 1 << 20), snapshotFolder: settings.snapshotFolder,
      logger: logger)
    let rest = RESTApplication(api, settings: settings, logger: logger)
    try await rest.application().test(.router) { client in
      let server = ServerFixture(client: client)
      #expect(try await server.send(.get, "/livez").status == 200)
      #expect(try await server.send(.get, "/").status == 200)
      let ready = try await server.send(.get, "/readyz")
      #expect(ready.status == 503)
      let list = try await server.send(.get, "/collections")
      #expect(list.status == 503)
      #expect(
        list.error == "Service unavailable: the data directory is still being opened")
      #expect(list.headers[.retryAfter] == "1")
      #expect(try await server.send(.get, "/metrics").status == 200)
    }
  }

  @Test func telemetryGrowsWithItsLevel() async throws {
    try await ServerFixture.runWithPoints { server in
      func report(_ query: String) async throws -> JSONObjectValue {
        let answer = try await server.send(.get, "/telemetry" + query)
        #expect(answer.status == 200)
        guard case .object(let envelope) = try JSONValue(parsing: Array(answer.text.utf8)),
          case .object(let result)? = envelope["result"]
        else {
          Issue.record("not an object: \(answer.text)")
          return JSONObjectValue()
        }
        return result
      }
      let plain = try await report("")
      #expect(plain.keys == ["id", "app", "collections", "cluster", "requests", "quota"])
      #expect(plain["collections"] == .object(["number_of_collections": .integer(1)]))
      guard case .object(let app)? = plain["app"] else {
        Issue.record("no app")
        return
      }
      #expect(app["durability"] == .string("sync"))
      #expect(app["version"] == .string("1.19.0"))
      let detailed = try await report("?details_level=2")
      #expect(Set(detailed.keys).isSuperset(of: ["memory", "hardware", "search_pool"]))
      let text = String(decoding: JSONValue.object(detailed).serialized(), as: UTF8.self)
      #expect(text.contains(#""PUT /collections/{collection_name}/points":{"200":{"count":1,"#))
      #expect(text.contains(#""id":"c","init_time_ms":"#))
      #expect(!text.contains(#""shards""#))
      #expect(try await server.send(.get, "/telemetry?details_level=x").status == 400)
    }
  }
}

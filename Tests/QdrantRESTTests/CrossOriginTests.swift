import HTTPTypes
import QdrantREST
import Testing

@Suite struct CrossOriginTests {
  private static let page: HTTPFields = [.origin: "http://page.example"]

  private static let preflight: HTTPFields = {
    var fields = page
    if let method = HTTPField.Name("access-control-request-method") { fields[method] = "PUT" }
    if let headers = HTTPField.Name("access-control-request-headers") {
      fields[headers] = "api-key,x-other"
    }
    return fields
  }()

  private static func field(_ name: String, _ answer: Answer) -> String? {
    HTTPField.Name(name).flatMap { answer.headers[$0] }
  }

  private static var guarded: ServerSettings {
    var settings = ServerSettings()
    settings.apiKey = "secret"
    return settings
  }

  @Test func aPreflightNeedsNoKeyAndNoRoute() async throws {
    try await ServerFixture.run(Self.guarded) { server in
      for path in ["/collections/any/points/query", "/collections", "/nowhere", "/", "/snapshots"] {
        let answer = try await server.send(.options, path, headers: Self.preflight)
        #expect(answer.status == 200, "\(path)")
        #expect(answer.text.isEmpty)
        #expect(Self.field("access-control-allow-origin", answer) == "http://page.example")
        #expect(Self.field("access-control-allow-headers", answer) == "api-key,x-other")
        let methods = Self.field("access-control-allow-methods", answer) ?? ""
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
          #expect(methods.contains(method))
        }
        #expect(answer.headers[.vary]?.contains("Origin") == true)
      }
    }
  }

  @Test func everyAnswerMayBeReadByThePageThatAsked() async throws {
    try await ServerFixture.run(Self.guarded) { server in
      for (method, path, status) in [
        (HTTPRequest.Method.get, "/healthz", 200), (.head, "/healthz", 200),
        (.get, "/collections", 401), (.get, "/nowhere", 401), (.delete, "/healthz", 405),
      ] {
        let answer = try await server.send(method, path, headers: Self.page)
        #expect(answer.status == status, "\(path)")
        #expect(Self.field("access-control-allow-origin", answer) == "http://page.example")
        let plain = try await server.send(method, path)
        #expect(Self.field("access-control-allow-origin", plain) == nil)
      }
    }
  }

  @Test func itCanBeSwitchedOff() async throws {
    var settings = ServerSettings()
    settings.enableCORS = false
    try await ServerFixture.run(settings) { server in
      let answer = try await server.send(.options, "/collections", headers: Self.preflight)
      #expect(answer.status == 204)
      #expect(Self.field("access-control-allow-origin", answer) == nil)
      let list = try await server.send(.get, "/collections", headers: Self.page)
      #expect(Self.field("access-control-allow-origin", list) == nil)
      #expect(list.headers[.vary] == nil)
    }
  }
}

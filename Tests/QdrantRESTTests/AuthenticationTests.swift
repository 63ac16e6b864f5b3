import HTTPTypes
import QdrantREST
import Testing

@Suite struct AuthenticationTests {
  private static let settings: ServerSettings = {
    var settings = ServerSettings()
    settings.apiKey = "full-secret"
    settings.readOnlyAPIKey = "read-secret"
    return settings
  }()

  private static func key(_ value: String) -> HTTPFields {
    var fields = HTTPFields()
    if let name = HTTPField.Name("api-key") { fields[name] = value }
    return fields
  }

  /// The right key as a token, and a wrong one beside it.
  private static let both: HTTPFields = {
    var fields = key("x")
    fields[.authorization] = "Bearer full-secret"
    return fields
  }()

  private static let requests: [(HTTPRequest.Method, String, String?, isRead: Bool)] = [
    (.get, "/collections", nil, true), (.get, "/metrics", nil, true),
    (.get, "/telemetry", nil, true), (.get, "/collections/c/exists", nil, true),
    (.post, "/collections/c/points/query", #"{"query":[1,1]}"#, true),
    (.post, "/collections/c/points/scroll", "{}", true),
    (.post, "/collections/c/points", #"{"ids":[1]}"#, true),
    (.put, "/collections/c", #"{"vectors":{"size":2,"distance":"Dot"}}"#, false),
    (.put, "/collections/c/points", #"{"points":[{"id":1,"vector":[1,1]}]}"#, false),
    (.post, "/collections/c/points/delete", #"{"points":[1]}"#, false),
    (.post, "/collections/c/points/batch", #"{"operations":[]}"#, false),
    (.get, "/collections/c/snapshots", nil, true), (.get, "/snapshots", nil, true),
    (.post, "/collections/c/facet", #"{"key":"a"}"#, true),
    (.post, "/snapshots", nil, false), (.post, "/collections/c/snapshots", nil, false),
    (.post, "/collections/c/snapshots/upload", nil, false),
    (.put, "/collections/c/snapshots/recover", "{", false),
    (.delete, "/collections/c", nil, false), (.delete, "/issues", nil, false),
  ]

  @Test func everyRouteAsksForTheRightKey() async throws {
    try await ServerFixture.run(Self.settings) { server in
      let config = #"{"vectors":{"size":2,"distance":"Dot"}}"#
      _ = try await server.send(
        .put, "/collections/c", config, headers: Self.key("full-secret"))
      for (method, path, body, isRead) in Self.requests {
        let none = try await server.send(method, path, body)
        #expect(none.status == 401, "\(path)")
        #expect(none.text == "Must provide an API key or an Authorization bearer token")
        for wrong in ["", "full-secre", "full-secrets", "FULL-SECRET", "x"] {
          let answer = try await server.send(method, path, body, headers: Self.key(wrong))
          #expect(answer.status == 401, "\(path)")
          #expect(answer.text == "Invalid API key or JWT")
        }
        let reader = try await server.send(
          method, path, body, headers: [.authorization: "Bearer read-secret"])
        if isRead {
          #expect(reader.status == 200, "\(path) \(reader.text)")
        } else {
          #expect(reader.status == 403, "\(path)")
          #expect(reader.error == "Forbidden: Global manage access is required")
        }
      }
      let point = #"{"points":[{"id":1,"vector":[1,1]}]}"#
      for (headers, status) in [
        (Self.key("full-secret"), 200), ([.authorization: "Bearer full-secret"], 200),
        ([.authorization: "bearer full-secret"], 401),
        ([.authorization: "Bearer  full-secret"], 401),
        // A key in a header of its own is the one that counts.
        (Self.both, 401),
      ] as [(HTTPFields, Int)] {
        let answer = try await server.send(.put, "/collections/c/points", point, headers: headers)
        #expect(answer.status == status, "\(headers)")
      }
    }
  }

  @Test func probesStayOpen() async throws {
    try await ServerFixture.run(Self.settings) { server in
      for path in ["/", "/healthz", "/livez", "/readyz", "/readyz/"] {
        #expect(try await server.send(.get, path).status == 200, "\(path)")
      }
      #expect(try await server.send(.get, "/unknown").status == 401)
      #expect(
        try await server.send(.get, "/unknown", headers: Self.key("read-secret")).status == 404)
      // A method that a path does not have is told to whoever may use the path.
      #expect(try await server.send(.post, "/healthz").status == 405)
      #expect(try await server.send(.delete, "/collections").status == 401)
      #expect(try await server.send(.options, "/collections").status == 401)
      #expect(
        try await server.send(.delete, "/collections", headers: Self.key("read-secret")).status
          == 405)
      // Access is a matter of the route, however its path is written.
      #expect(try await server.send(.get, "//collections//").status == 401)
      #expect(try await server.send(.get, "/%68ealthz").status == 200)
      let basic = try await server.send(
        .get, "/collections", headers: [.authorization: "Basic full-secret"])
      #expect(basic.status == 401)
    }
  }
}

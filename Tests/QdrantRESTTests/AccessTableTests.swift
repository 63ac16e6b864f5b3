import AccessTokens
import Foundation
import HTTPTypes
import PointModel
import QdrantREST
import Testing
import VectorDB

/// Who may do what, route by route: what is written here is what the documentation promises, and is
/// compared with what the server does.
@Suite struct AccessTableTests {
  /// What a route asks of its caller.
  private enum Need {
    case nothing, anyKey, read, readExtras, write, writeExtras, globalRead, manage
  }

  private static let c = "/collections/{collection_name}"
  private static let p = c + "/points"
  private static let s = c + "/shards/{shard_id}"

  /// Every route. All operations of Qdrant's interface are among them.
  private static let table: [String: Need] = {
    let needs: [(Need, [String])] = [
      (
        .nothing,
        [
          "GET /", "GET /healthz", "GET /livez", "GET /readyz", "GET /dashboard",
          "GET /dashboard/{path...}",
        ]
      ),
      (
        .anyKey,
        [
          "GET /collections", "GET /aliases", "GET /telemetry", "GET /cluster/telemetry",
          "GET /issues",
        ]
      ),
      (
        .read,
        [
          "GET \(c)", "GET \(c)/exists", "GET \(c)/optimizations", "GET \(c)/memory",
          "GET \(c)/aliases", "GET \(c)/shards", "POST \(c)/facet", "POST \(p)", "GET \(p)/{id}",
          "POST \(p)/scroll", "POST \(p)/count", "POST \(p)/query", "POST \(p)/query/batch",
          "POST \(p)/query/groups", "POST \(p)/search", "POST \(p)/search/batch",
          "POST \(p)/search/groups", "POST \(p)/search/matrix/pairs",
          "POST \(p)/search/matrix/offsets", "POST \(p)/recommend", "POST \(p)/recommend/batch",
          "POST \(p)/recommend/groups", "POST \(p)/discover", "POST \(p)/discover/batch",
        ]
      ),
      (
        .readExtras,
        [
          "GET \(c)/cluster", "GET \(c)/snapshots", "GET \(c)/snapshots/{snapshot_name}",
          "GET \(s)/snapshots", "GET \(s)/snapshots/{snapshot_name}",
          "GET \(s)/snapshot/partial/manifest",
        ]
      ),
      (
        .write,
        [
          "PUT \(p)", "POST \(p)/batch", "POST \(p)/delete", "PUT \(p)/vectors",
          "POST \(p)/vectors/delete", "POST \(p)/payload", "PUT \(p)/payload",
          "POST \(p)/payload/delete", "POST \(p)/payload/clear",
        ]
      ),
      (
        .writeExtras,
        [
          "PUT \(c)/index", "DELETE \(c)/index/{field_name}", "PUT \(c)/vectors/{vector_name}",
          "DELETE \(c)/vectors/{vector_name}", "POST \(c)/snapshots",
          "DELETE \(c)/snapshots/{snapshot_name}", "POST \(s)/snapshots",
          "DELETE \(s)/snapshots/{snapshot_name}", "GET \(s)/snapshot",
          "POST \(s)/snapshot/partial/create",
        ]
      ),
      (
        .globalRead,
        [
          "GET /metrics", "GET /logger", "GET /quotas", "GET /cluster", "GET /snapshots",
          "GET /snapshots/{snapshot_name}",
        ]
      ),
      (
        .manage,
        [
          "PUT \(c)", "PATCH \(c)", "DELETE \(c)", "POST /collections/aliases", "PUT \(c)/shards",
          "POST \(c)/shards/delete", "POST \(c)/cluster", "POST /cluster/recover",
          "DELETE /cluster/peer/{peer_id}", "PUT \(c)/snapshots/recover",
          "POST \(c)/snapshots/upload", "PUT \(s)/snapshots/recover",
          "POST \(s)/snapshots/upload", "POST \(s)/snapshot/partial/recover",
          "POST \(s)/snapshot/partial/recover_from", "POST /snapshots",
          "DELETE /snapshots/{snapshot_name}", "PUT /quotas", "POST /audit/logs", "DELETE /issues",
          "POST /logger",
        ]
      ),
    ]
    return Dictionary(
      uniqueKeysWithValues: needs.flatMap { need, routes in
        routes.map { ($0, need) }
      })
  }()

  /// Whoever calls, with what it brings and what it is granted.
  private struct Visitor {
    let name: String
    let key: String?
    var grants: [Need] = []
    /// What it is told where it is refused: 401 and 403 with this text, or 403 in an envelope.
    var refusal: (status: Int, text: String)?
  }

  private static let key = TokenKey(secret: "full-secret")
  private static func token(
    _ right: TokenClaims.CollectionRight, _ collection: String, alternative: Bool = false
  ) -> String {
    TokenKey(secret: alternative ? "alt-secret" : "full-secret").token(
      of: TokenClaims(access: .collections([.init(collection: collection, right: right)])))
  }

  private static let all: [Need] = [
    .anyKey, .read, .readExtras, .write, .writeExtras, .globalRead, .manage,
  ]
  private static let wrong = (401, "Invalid API key or JWT")
  private static let unmet = "Invalid JWT, stateful validation failed"

  private static func bound(to collection: String, _ value: Int64) throws -> String {
    let path = try #require(PayloadPath("a"))
    return key.token(
      of: TokenClaims(
        valueExists: .init(
          collection: collection, matches: [.init(key: path, value: .integer(value))])))
  }

  private static func visitors() throws -> [Visitor] {
    let reader: [Need] = [.anyKey, .read, .readExtras, .globalRead]
    return [
      Visitor(
        name: "no key", key: nil,
        refusal: (401, "Must provide an API key or an Authorization bearer token")),
      Visitor(name: "empty key", key: "", refusal: wrong),
      Visitor(name: "wrong key", key: "full-secre", refusal: wrong),
      Visitor(name: "key", key: "full-secret", grants: all),
      Visitor(name: "other key", key: "alt-secret", grants: all),
      Visitor(name: "read-only key", key: "read-secret", grants: reader),
      Visitor(name: "token r", key: key.token(of: TokenClaims(access: .read)), grants: reader),
      Visitor(name: "token m", key: key.token(of: TokenClaims(access: .manage)), grants: all),
      Visitor(name: "token c:r", key: token(.read, "c"), grants: [.anyKey, .read, .readExtras]),
      Visitor(
        name: "token c:rw", key: token(.readWrite, "c", alternative: true),
        grants: [.anyKey, .read, .readExtras, .write, .writeExtras]),
      Visitor(name: "token c:prw", key: token(.points, "c"), grants: [.anyKey, .read, .write]),
      Visitor(name: "token d:rw", key: token(.readWrite, "d"), grants: [.anyKey]),
      Visitor(
        name: "token of nothing", key: key.token(of: TokenClaims(access: .collections([]))),
        grants: [.anyKey]),
      Visitor(
        name: "expired", key: key.token(of: TokenClaims(expiry: 1_000_000_000)),
        refusal: (403, "ExpiredSignature")),
      Visitor(
        name: "signed with the read-only key",
        key: TokenKey(secret: "read-secret").token(of: TokenClaims()),
        refusal: (403, "InvalidSignature")),
      Visitor(
        name: "algorithm none", key: "eyJhbGciOiJub25lIn0.e30.", refusal: wrong),
      Visitor(name: "bound to a point", key: try bound(to: "users", 1), grants: all),
      Visitor(
        name: "bound to a point that is gone", key: try bound(to: "users", 2),
        refusal: (401, unmet)),
      Visitor(
        name: "bound to a collection that is gone", key: try bound(to: "nowhere", 1),
        refusal: (403, unmet)),
    ]
  }

  private static let settings: ServerSettings = {
    var settings = ServerSettings()
    settings.apiKey = "full-secret"
    settings.altAPIKey = "alt-secret"
    settings.readOnlyAPIKey = "read-secret"
    settings.acceptsTokens = true
    settings.snapshotsPath =
      FileManager.default.temporaryDirectory.path + "/quiver-access-\(UUID().uuidString)"
    return settings
  }()

  private static func headers(_ visitor: Visitor, asToken: Bool) -> HTTPFields {
    guard let key = visitor.key else { return [:] }
    if asToken { return [.authorization: "Bearer \(key)"] }
    var fields = HTTPFields()
    if let name = HTTPField.Name("api-key") { fields[name] = key }
    return fields
  }

  private static func runWithUsers(
    _ test: @escaping @Sendable (ServerFixture) async throws -> Void
  ) async throws {
    defer { try? FileManager.default.removeItem(atPath: settings.snapshotFolder.path) }
    try await ServerFixture.run(settings) { server in
      let key = Self.headers(Visitor(name: "", key: "full-secret"), asToken: true)
      let config = #"{"vectors":{}}"#
      let created = try await server.send(.put, "/collections/users", config, headers: key)
      try #require(created.status == 200)
      let filled = try await server.send(
        .put, "/collections/users/points", #"{"points":[{"id":1,"vector":{},"payload":{"a":1}}]}"#,
        headers: key)
      try #require(filled.status == 200)
      try await test(server)
    }
  }

  @Test func everyRouteLetsInWhomTheTableNames() async throws {
    let visitors = try Self.visitors()
    try await Self.runWithUsers { server in
      #expect(Set(server.routes) == Set(Self.table.keys))
      for (route, need) in Self.table.sorted(by: { $0.key < $1.key }) {
        for (index, visitor) in visitors.enumerated() {
          try await Self.check(route, need, visitor, asToken: index % 2 == 0, server)
        }
      }
    }
  }

  private static func check(
    _ route: String, _ need: Need, _ visitor: Visitor, asToken: Bool, _ server: ServerFixture
  ) async throws {
    let parts = route.split(separator: " ").map(String.init)
    let method = try #require(HTTPRequest.Method(parts[0]))
    var path = parts[1]
    for (name, value) in [
      "collection_name": "c", "shard_id": "0", "snapshot_name": "x.snapshot", "id": "1",
      "path...": "nothing", "field_name": "f", "vector_name": "v", "peer_id": "1",
    ] {
      path = path.replacingOccurrences(of: "{\(name)}", with: value)
    }
    // A body that nobody can read: what is allowed changes nothing.
    let body = method == .get || method == .delete ? nil : "{"
    let answer = try await server.send(
      method, path, body, headers: headers(visitor, asToken: asToken))
    let what = "\(visitor.name): \(route) gave \(answer.status) \(answer.text)"
    if need == .nothing || visitor.grants.contains(need) {
      #expect(answer.status != 401 && answer.status != 403, "\(what)")
    } else if let refusal = visitor.refusal {
      #expect(answer.status == refusal.status && answer.text == refusal.text, "\(what)")
      #expect(answer.headers[.contentType] == "text/plain; charset=utf-8", "\(what)")
    } else {
      #expect(answer.status == 403, "\(what)")
      #expect(answer.error?.hasPrefix("Forbidden: ") == true, "\(what)")
    }
  }

  /// Whatever is no route asks for a key before it says so; methods that a path does not have, too.
  @Test func tricksWithPathsOpenNothing() async throws {
    try await Self.runWithUsers { server in
      let targets = ["/collections", "/collections/users", "/metrics", "/telemetry"]
      let spellings: [(String) -> String] = [
        { "/" + $0 }, { $0 + "/" }, { $0 + "//" }, { $0.uppercased() }, { $0 + "/." },
        { "/healthz/.." + $0 }, { "/healthz/%2e%2e" + $0 }, { "/healthz%2f.." + $0 },
        { "/dashboard%2f..%2f" + $0.dropFirst() }, { $0 + "?healthz" },
        { $0 + "?api-key=full-secret" }, { $0 + ";/healthz" }, { $0 + "#/healthz" },
        { $0.replacingOccurrences(of: "e", with: "%65") }, { "/healthz" + $0 }, { "/." + $0 },
        { "/%2e" + $0 }, { $0 + "%00" }, { "http://x/healthz/.." + $0 }, { "//healthz" + $0 },
        { $0 + "%2fhealthz" }, { "/\\healthz\\.." + $0 },
      ]
      for target in targets {
        for spelling in spellings {
          let path = spelling(target)
          let answer = try await server.send(.get, path)
          #expect(answer.status == 401, "\(path) gave \(answer.status)")
        }
        for method in [
          HTTPRequest.Method.head, .options, .put, .post, .delete, .patch, .trace, .connect,
        ] {
          let answer = try await server.send(method, target)
          #expect(answer.status == 401, "\(method) \(target) gave \(answer.status)")
        }
      }
      // Below the pages are only pages.
      for target in targets {
        let answer = try await server.send(.get, "/dashboard/.." + target)
        #expect(answer.status == 404 && answer.text.isEmpty, "\(target)")
      }
      // A preflight, which browsers send without a key, tells nothing of what is there.
      var preflight = HTTPFields()
      if let name = HTTPField.Name("access-control-request-method") { preflight[name] = "DELETE" }
      let answer = try await server.send(.options, "/collections/users", headers: preflight)
      #expect(answer.status == 200 && answer.text.isEmpty)
    }
  }

  @Test func listsNameWhatTheCallerMaySee() async throws {
    try await Self.runWithUsers { server in
      let key = Self.headers(Visitor(name: "", key: "full-secret"), asToken: false)
      for name in ["c", "d"] {
        _ = try await server.send(.put, "/collections/\(name)", "{}", headers: key)
      }
      let aliases =
        #"{"actions":[{"create_alias":{"collection_name":"c","alias_name":"of-c"}},"#
        + #"{"create_alias":{"collection_name":"d","alias_name":"of-d"}}]}"#
      _ = try await server.send(.post, "/collections/aliases", aliases, headers: key)
      let token = Self.headers(Visitor(name: "", key: Self.token(.readWrite, "c")), asToken: true)
      func text(_ path: String) async throws -> String {
        try await server.send(.get, path, headers: token).timeless
      }
      #expect(
        try await text("/collections")
          == #"{"result":{"collections":[{"name":"c"}]},"status":"ok"}"#)
      #expect(
        try await text("/aliases")
          == #"{"result":{"aliases":[{"alias_name":"of-c","collection_name":"c"}]},"status":"ok"}"#)
      let telemetry = try await text("/telemetry?details_level=3")
      for secret in [#""users""#, #""d""#, #""requests""#, #""memory""#, #""cluster""#] {
        #expect(!telemetry.contains(secret), "\(secret) in \(telemetry)")
      }
      #expect(try await !text("/cluster/telemetry").contains("users"))
      // The right in a collection holds under its other name, and not in another's.
      #expect(try await server.send(.get, "/collections/of-c", headers: token).status == 200)
      let written = try await server.send(
        .put, "/collections/of-c/points", #"{"points":[{"id":1,"vector":{}}]}"#, headers: token)
      #expect(written.status == 200, "\(written.text)")
      #expect(try await server.send(.get, "/collections/of-d", headers: token).status == 403)
    }
  }

  /// What is looked up in another collection takes a right there, at any depth.
  @Test func lookupsNeedTheOtherCollection() async throws {
    try await Self.runWithUsers { server in
      let token = Self.headers(Visitor(name: "", key: Self.token(.read, "c")), asToken: true)
      let lookup = #""lookup_from":{"collection":"users"}"#
      let bodies: [(String, String)] = [
        ("recommend", #"{"positive":[1],"limit":1,\#(lookup)}"#),
        ("recommend/batch", #"{"searches":[{"positive":[1],"limit":1,\#(lookup)}]}"#),
        ("discover", #"{"target":1,"context":[],"limit":1,\#(lookup)}"#),
        ("query", #"{"query":1,\#(lookup)}"#),
        ("query", #"{"prefetch":{"query":1,\#(lookup)},"query":{"fusion":"rrf"}}"#),
        (
          "query",
          #"{"prefetch":[{"prefetch":[{"query":1,\#(lookup)}],"query":[1]}],"query":[1]}"#
        ),
        ("query/batch", #"{"searches":[{"query":[1]},{"query":1,\#(lookup)}]}"#),
        ("query/groups", #"{"query":1,"group_by":"a",\#(lookup)}"#),
        ("query/groups", #"{"query":[1],"group_by":"a","with_lookup":"users"}"#),
        (
          "search/groups",
          #"{"vector":[1],"group_by":"a","limit":1,"group_size":1,"#
            + #""with_lookup":{"collection":"users"}}"#
        ),
      ]
      for (path, body) in bodies {
        let answer = try await server.send(
          .post, "/collections/c/points/\(path)", body, headers: token)
        #expect(answer.status == 403, "\(path) \(body): \(answer.text)")
        #expect(answer.error == "Forbidden: Access to collection users is required")
      }
    }
  }

  @Test func tokensAreTakenOnlyWhereAsked() async throws {
    var settings = Self.settings
    settings.acceptsTokens = false
    try await ServerFixture.run(settings) { server in
      let token = Self.key.token(of: TokenClaims())
      let answer = try await server.send(
        .get, "/collections", headers: [.authorization: "Bearer \(token)"])
      #expect(answer.status == 401 && answer.text == "Invalid API key or JWT")
    }
  }
}

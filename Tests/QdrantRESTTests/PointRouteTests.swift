import Foundation
import HTTPTypes
import Testing

@Suite struct PointRouteTests {
  private static let points = "/collections/c/points"

  @Test func anUpsertIsAnsweredAsAsked() async throws {
    try await ServerFixture.runWithPoints { server in
      let body = #"{"points":[{"id":9,"vector":[2,2]}]}"#
      for (query, status) in [
        ("", "acknowledged"), ("?wait=false", "acknowledged"), ("?wait=true", "completed"),
        ("?wait=true&ordering=strong&timeout=600", "completed"),
      ] {
        let answer = try await server.send(.put, Self.points + query, body)
        #expect(answer.status == 200)
        #expect(answer.text.hasPrefix(#"{"result":{"operation_id":"#))
        #expect(answer.timeless.hasSuffix(#","status":"\#(status)"},"status":"ok"}"#))
        // Acknowledged is as visible as completed.
        #expect(try await server.send(.get, Self.points + "/9").status == 200)
      }
    }
  }

  @Test func onePointIsRead() async throws {
    try await ServerFixture.runWithPoints { server in
      let found = try await server.send(.get, Self.points + "/1/")
      #expect(
        found.timeless
          == #"{"result":{"id":1,"payload":{"a":1},"vector":[1.0,0.0]},"status":"ok"}"#)
      let missing = try await server.send(.get, Self.points + "/77")
      #expect(missing.status == 404)
      #expect(missing.error == "Not found: Point with id 77 does not exists!")
      let malformed = try await server.send(.get, Self.points + "/seven")
      #expect(malformed.status == 400)
      #expect(malformed.error == "Wrong input: Can not recognize \"seven\" as point id")
      let uuid = try await server.send(
        .get, Self.points + "/936da01f-9abd-4d9d-80c7-02af85c822a8")
      #expect(uuid.status == 404)
    }
  }

  @Test func pointsAreRetrievedScrolledAndCounted() async throws {
    try await ServerFixture.runWithPoints { server in
      let some = try await server.send(
        .post, Self.points, #"{"ids":[3,1,8],"with_payload":true,"with_vector":false}"#)
      #expect(some.status == 200)
      #expect(some.text.contains(#"{"id":1,"payload":{"a":1}}"#))
      #expect(!some.text.contains(#""id":8"#))
      let page = try await server.send(
        .post, Self.points + "/scroll", #"{"limit":2,"with_payload":false}"#)
      #expect(
        page.timeless
          == #"{"result":{"points":[{"id":1},{"id":2}],"next_page_offset":3},"status":"ok"}"#)
      let count = try await server.send(.post, Self.points + "/count", #"{"exact":true}"#)
      #expect(count.timeless == #"{"result":{"count":3},"status":"ok"}"#)
      let filtered = try await server.send(
        .post, Self.points + "/count",
        #"{"filter":{"must":[{"key":"a","match":{"value":2}}]}}"#)
      #expect(filtered.timeless == #"{"result":{"count":1},"status":"ok"}"#)
    }
  }

  @Test func everyChangeTakesEffect() async throws {
    try await ServerFixture.runWithPoints { server in
      func change(_ method: HTTPRequest.Method, _ path: String, _ body: String) async throws {
        let answer = try await server.send(method, Self.points + path + "?wait=true", body)
        #expect(answer.status == 200, "\(path) \(answer.text)")
        #expect(answer.timeless.hasSuffix(#""status":"completed"},"status":"ok"}"#))
      }
      func point(_ id: Int) async throws -> String {
        try await server.send(.get, Self.points + "/\(id)").timeless
      }
      try await change(.post, "/payload", #"{"payload":{"b":true},"points":[1]}"#)
      #expect(try await point(1).contains(#""payload":{"a":1,"b":true}"#))
      try await change(.put, "/payload", #"{"payload":{"z":null},"points":[1]}"#)
      #expect(try await point(1).contains(#""payload":{"z":null}"#))
      try await change(.post, "/payload/delete", #"{"keys":["a"],"points":[2]}"#)
      #expect(try await point(2).contains(#""payload":{}"#))
      try await change(.post, "/payload/clear", #"{"points":[1]}"#)
      #expect(try await point(1).contains(#""payload":{}"#))
      try await change(.put, "/vectors", #"{"points":[{"id":1,"vector":[5,6]}]}"#)
      #expect(try await point(1).contains(#""vector":[5.0,6.0]"#))
      try await change(.post, "/vectors/delete", #"{"points":[1],"vector":[""]}"#)
      #expect(try await !point(1).contains("5.0"))
      try await change(.post, "/delete", #"{"points":[2]}"#)
      #expect(try await server.send(.get, Self.points + "/2").status == 404)
      try await change(.post, "/delete", #"{"filter":{"must":[]}}"#)
      let left = try await server.send(.post, Self.points + "/count", "{}")
      #expect(left.timeless == #"{"result":{"count":0},"status":"ok"}"#)
    }
  }

  @Test func aBatchAnswersOperationByOperation() async throws {
    try await ServerFixture.runWithPoints { server in
      let answer = try await server.send(
        .post, Self.points + "/batch?wait=true",
        """
        {"operations":[{"upsert":{"points":[{"id":4,"vector":[3,3]}]}},\
        {"delete":{"points":[1]}}]}
        """)
      #expect(answer.status == 200)
      #expect(answer.text.components(separatedBy: #""status":"completed""#).count == 3)
      #expect(try await server.send(.get, Self.points + "/4").status == 200)
      #expect(try await server.send(.get, Self.points + "/1").status == 404)
    }
  }

  @Test func aRefusedChangeChangesNothing() async throws {
    try await ServerFixture.runWithPoints { server in
      for query in ["?wait=true", "?wait=false"] {
        let answer = try await server.send(
          .put, Self.points + query,
          #"{"points":[{"id":50,"vector":[1,1]},{"id":51,"vector":[1,1,1]}]}"#)
        #expect(answer.status == 400)
        #expect(
          answer.error?.hasPrefix(
            "Wrong input: Vector dimension error: expected dim: 2, got 3") == true)
      }
      #expect(try await server.send(.get, Self.points + "/50").status == 404)
    }
  }
}

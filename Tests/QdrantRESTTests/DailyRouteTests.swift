import Foundation
import HTTPTypes
import Testing

@Suite struct DailyRouteTests {
  private static let points = "/collections/c/points"

  @Test func aliasesAreListedAndUsed() async throws {
    try await ServerFixture.runWithPoints { server in
      let changed = try await server.send(
        .post, "/collections/aliases?timeout=3",
        #"{"actions":[{"create_alias":{"collection_name":"c","alias_name":"a"}}]}"#)
      #expect(changed.timeless == #"{"result":true,"status":"ok"}"#)
      let list = #"{"result":{"aliases":[{"alias_name":"a","collection_name":"c"}]},"status":"ok"}"#
      #expect(try await server.send(.get, "/aliases").timeless == list)
      #expect(try await server.send(.get, "/collections/c/aliases").timeless == list)
      let count = try await server.send(.post, "/collections/a/points/count", "{}")
      #expect(count.timeless == #"{"result":{"count":3},"status":"ok"}"#)
      let exists = try await server.send(.get, "/collections/a/exists")
      #expect(exists.timeless == #"{"result":{"exists":true},"status":"ok"}"#)
      let taken = try await server.send(
        .put, "/collections/a", #"{"vectors":{"size":2,"distance":"Dot"}}"#)
      #expect(taken.status == 400)
      #expect(taken.error?.hasSuffix("Alias with the same name already exists") == true)
      let refused = try await server.send(
        .post, "/collections/aliases",
        #"{"actions":[{"create_alias":{"collection_name":"x","alias_name":"b"}}]}"#)
      #expect(refused.status == 404)
      #expect(refused.error == "Not found: Collection `x` doesn't exist!")
    }
  }

  @Test func groupsFacetsAndOrders() async throws {
    try await ServerFixture.runWithPoints { server in
      let indexed = try await server.send(
        .put, "/collections/c/index?wait=true", #"{"field_name":"a","field_schema":"integer"}"#)
      #expect(indexed.status == 200)
      let facet = try await server.send(.post, "/collections/c/facet", #"{"key":"a"}"#)
      #expect(
        facet.timeless
          == #"{"result":{"hits":[{"value":1,"count":1},{"value":2,"count":1}]},"status":"ok"}"#)
      let order = try await server.send(
        .post, Self.points + "/scroll",
        #"{"order_by":{"key":"a","direction":"desc"},"with_payload":false}"#)
      #expect(
        order.timeless == """
          {"result":{"points":[{"id":2,"order_value":2},{"id":1,"order_value":1}],\
          "next_page_offset":null},"status":"ok"}
          """)
      let groups = try await server.send(
        .post, Self.points + "/query/groups", #"{"query":[0,1],"group_by":"a","limit":1}"#)
      #expect(
        groups.timeless == """
          {"result":{"groups":[{"hits":[{"id":2,"version":0,"score":1.0}],"id":2}]},"status":"ok"}
          """)
      let lookup = try await server.send(
        .post, Self.points + "/query/groups",
        #"{"query":[0,1],"group_by":"a","limit":1,"with_lookup":"nowhere"}"#)
      #expect(lookup.status == 404)
      #expect(lookup.error == "Not found: Collection nowhere not found")
    }
  }

  @Test func examplesAndMatrices() async throws {
    try await ServerFixture.runWithPoints { server in
      let recommended = try await server.send(
        .post, Self.points + "/recommend", #"{"positive":[1],"negative":[2],"limit":5}"#)
      #expect(
        recommended.timeless
          == #"{"result":[{"id":3,"version":0,"score":1.0}],"status":"ok"}"#)
      let matrix = try await server.send(
        .post, Self.points + "/search/matrix/offsets", #"{"limit":1}"#)
      #expect(
        matrix.timeless == """
          {"result":{"offsets_row":[0,1,2],"offsets_col":[2,2,0],"scores":[1.0,1.0,1.0],\
          "ids":[1,2,3]},"status":"ok"}
          """)
      let unknown = try await server.send(
        .post, Self.points + "/search/matrix/pairs", #"{"vector_name":"x"}"#)
      #expect(unknown.status == 400)
      let sample = try await server.send(
        .post, Self.points + "/query", #"{"query":{"sample":"random"},"limit":2}"#)
      #expect(sample.text.components(separatedBy: #""id":"#).count == 3)
    }
  }

  @Test func strictModeIsHeldAgainstTimeoutsAndRates() async throws {
    try await ServerFixture.runWithPoints { server in
      func bound(_ settings: String) async throws {
        let answer = try await server.send(
          .patch, "/collections/c", #"{"strict_mode_config":{"enabled":true,\#(settings)}}"#)
        #expect(answer.timeless == #"{"result":true,"status":"ok"}"#)
      }
      try await bound(#""max_timeout":2"#)
      let late = try await server.send(.post, Self.points + "/count?timeout=3", "{}")
      #expect(
        late.error == """
          Bad request: Limit exceeded 3 > 2 for "timeout". \
          Help: Reduce the "timeout" parameter to or below 2.
          """)
      try await bound(#""read_rate_limit":1"#)
      _ = try await server.send(.post, Self.points + "/count", "{}")
      let refused = try await server.send(.post, Self.points + "/count", "{}")
      #expect(refused.status == 429)
      #expect(refused.error?.hasPrefix("Rate limiting exceeded: Read rate limit") == true)
      let seconds = refused.headers[.retryAfter].flatMap { Int($0) } ?? 0
      #expect((50...60).contains(seconds))
    }
  }

  @Test func conditionsOfUpserts() async throws {
    try await ServerFixture.runWithPoints { server in
      let filtered = try await server.send(
        .put, Self.points + "?wait=true",
        """
        {"points":[{"id":1,"vector":[1,1],"payload":{"a":9}},{"id":2,"vector":[1,1]},\
        {"id":8,"vector":[1,1]}],"update_filter":{"must":[{"key":"a","match":{"value":1}}]}}
        """)
      #expect(filtered.status == 200)
      let all = try await server.send(.post, Self.points + "/scroll", #"{"with_payload":["a"]}"#)
      #expect(
        all.text.contains(
          """
          [{"id":1,"payload":{"a":9}},{"id":2,"payload":{"a":2}},{"id":3,"payload":{}},\
          {"id":8,"payload":{}}]
          """))
    }
  }

  @Test func allOfACollectionIsHere() async throws {
    try await ServerFixture.runWithPoints { server in
      let answer = try await server.send(.get, "/collections/c/cluster")
      #expect(
        answer.timeless == """
          {"result":{"peer_id":0,"shard_count":1,\
          "local_shards":[{"shard_id":0,"points_count":3,"state":"Active"}],\
          "remote_shards":[],"shard_transfers":[]},"status":"ok"}
          """)
      #expect(try await server.send(.get, "/collections/x/cluster").status == 404)
    }
  }
}

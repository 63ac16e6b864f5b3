import HTTPTypes
import Testing

@Suite struct QueryRouteTests {
  private static let points = "/collections/c/points"

  @Test func theFourSearchRoutesFindTheSame() async throws {
    try await ServerFixture.runWithPoints { server in
      let query = #"{"query":[1,2],"limit":1}"#
      let search = #"{"vector":[1,2],"limit":1}"#
      let one = try await server.send(.post, Self.points + "/query", query)
      #expect(one.status == 200)
      #expect(one.text.hasPrefix(#"{"result":{"points":[{"id":3,"version":"#))
      #expect(one.timeless.hasSuffix(#","score":3.0}]},"status":"ok"}"#))
      let many = try await server.send(
        .post, Self.points + "/query/batch", #"{"searches":[\#(query),\#(query)]}"#)
      #expect(many.text.hasPrefix(#"{"result":[{"points":[{"id":3,"#))
      #expect(many.text.contains(#"]},{"points":[{"id":3,"#))
      let old = try await server.send(.post, Self.points + "/search", search)
      #expect(old.text.hasPrefix(#"{"result":[{"id":3,"version":"#))
      let oldMany = try await server.send(
        .post, Self.points + "/search/batch", #"{"searches":[\#(search),\#(search)]}"#)
      #expect(oldMany.text.hasPrefix(#"{"result":[[{"id":3,"#))
      #expect(oldMany.text.contains(#"],[{"id":3,"#))
    }
  }

  @Test func aQueryMayBorrowItsVectorFromAnotherCollection() async throws {
    try await ServerFixture.runWithPoints { server in
      let config = #"{"vectors":{"size":2,"distance":"Dot"}}"#
      #expect(try await server.send(.put, "/collections/other", config).status == 200)
      let upsert = #"{"points":[{"id":7,"vector":[0,5]}]}"#
      #expect(
        try await server.send(.put, "/collections/other/points?wait=true", upsert).status == 200)
      let answer = try await server.send(
        .post, Self.points + "/query",
        #"{"query":7,"limit":3,"lookup_from":{"collection":"other"}}"#)
      #expect(answer.status == 200)
      #expect(answer.text.contains(#""score":5.0"#))
      let missing = try await server.send(
        .post, Self.points + "/query",
        #"{"query":7,"limit":3,"lookup_from":{"collection":"none"}}"#)
      #expect(missing.status == 404)
      #expect(missing.error == "Not found: Collection none not found")
    }
  }

  @Test func aDeadlineThatIsMetChangesNothing() async throws {
    try await ServerFixture.runWithPoints { server in
      let answer = try await server.send(
        .post, Self.points + "/query?timeout=60&consistency=majority",
        #"{"query":[1,2],"limit":1}"#)
      #expect(answer.status == 200)
      #expect(answer.text.contains(#"{"id":3,"#))
    }
  }

  @Test func aLongAnswerIsWhole() async throws {
    try await ServerFixture.runWithPoints { server in
      let points = (0..<1000).map { #"{"id":\#($0),"vector":[\#($0),1]}"# }
      let body = #"{"points":[\#(points.joined(separator: ","))]}"#
      #expect(try await server.send(.put, Self.points + "?wait=true", body).status == 200)
      let answer = try await server.send(
        .post, Self.points + "/scroll", #"{"limit":1000,"with_payload":false}"#)
      #expect(answer.timeless.hasSuffix(#"{"id":999}],"next_page_offset":null},"status":"ok"}"#))
      let unknown = try await server.send(
        .post, Self.points + "/query", #"{"query":[1,2],"using":"nope"}"#)
      #expect(unknown.status == 400)
      #expect(unknown.error?.hasPrefix("Wrong input: Not existing vector name error: nope") == true)
    }
  }
}

import PointModel
import QdrantAPI
import Testing

@Suite struct ReadTests {
  @Test func retrieve() throws {
    #expect(
      try decoded(#"{"ids":[1,"00000000000000010000000000000002"]}"#, RequestDecoder.retrieve)
        == RetrieveRequest(ids: [.number(1), .uuid(PointUUID(high: 1, low: 2))]))
    #expect(
      try decoded(
        #"{"ids":[],"with_payload":false,"with_vector":true}"#, RequestDecoder.retrieve)
        == RetrieveRequest(ids: [], withPayload: .none, withVector: .all))
    Refusal.format("{}", "missing field `ids`").check(RequestDecoder.retrieve)
    Refusal.format(
      #"{"ids":[1,-2]}"#,
      "ids[1]: value -2 is not a valid point ID, "
        + "valid values are either an unsigned integer or a UUID"
    ).check(RequestDecoder.retrieve)
    Refusal.badRequest(#"{"ids":[],"shard_key":1}"#, "`shard_key` is not supported yet")
      .check(RequestDecoder.retrieve)
  }

  @Test func scroll() throws {
    #expect(try decoded("{}", RequestDecoder.scroll) == ScrollRequest())
    #expect(
      try decoded(
        #"{"offset":3,"limit":9999,"filter":{},"with_payload":["a"],"with_vectors":true}"#,
        RequestDecoder.scroll)
        == ScrollRequest(
          offset: .number(3), limit: 9999, filter: Filter(), withPayload: .include([path("a")]),
          withVector: .all))
    #expect(
      try decoded(#"{"offset":null,"limit":null,"order_by":null}"#, RequestDecoder.scroll)
        == ScrollRequest())
    Refusal.validation(
      #"{"limit":0}"#, "scroll_request.limit: value 0 invalid, must be 1 or larger"
    ).check(RequestDecoder.scroll)
    Refusal.format("7", "invalid type: integer `7`, expected a map").check(RequestDecoder.scroll)
  }

  @Test func count() throws {
    #expect(try decoded("{}", RequestDecoder.count) == CountRequest())
    #expect(
      try decoded(#"{"exact":false,"filter":{"must":[]}}"#, RequestDecoder.count)
        == CountRequest(filter: Filter(), exact: false))
    Refusal.format(#"{"exact":"no"}"#, #"exact: invalid type: string "no", expected a boolean"#)
      .check(RequestDecoder.count)
  }

  @Test func legacySearch() throws {
    #expect(
      try decoded(#"{"vector":[1,2],"limit":3}"#, RequestDecoder.search)
        == QueryRequest(query: .nearest(.dense([1, 2])), limit: 3))
    #expect(
      try decoded(
        #"""
        {"vector":{"name":"text","vector":[1]},"top":5,"offset":1,"filter":{},
         "params":{"exact":true},"with_payload":true,"with_vector":["text"],"score_threshold":0.5}
        """#, RequestDecoder.search)
        == QueryRequest(
          query: .nearest(.dense([1])), using: "text", filter: Filter(),
          params: SearchParams(exact: true), scoreThreshold: 0.5, limit: 5, offset: 1,
          withPayload: .all, withVector: .names(["text"])))
    #expect(
      try decoded(#"{"searches":[{"vector":[1],"limit":3}]}"#, RequestDecoder.searchBatch)
        == [QueryRequest(query: .nearest(.dense([1])), limit: 3)])
  }

  @Test(
    arguments: [
      .format(#"{"limit":1}"#, "missing field `vector`"),
      .format(#"{"vector":[1]}"#, "missing field `limit`"),
      .validation(
        #"{"vector":[1],"limit":0}"#, "search_request.limit: value 0 invalid, must be 1 or larger"),
      .validation(
        #"{"vector":[1],"top":0}"#, "search_request.limit: value 0 invalid, must be 1 or larger"),
      .validation(#"{"vector":[],"limit":1}"#, "vector: dense vector must not be empty"),
      .format(
        #"{"vector":{"name":1,"vector":[1]},"limit":1}"#,
        "vector.name: invalid type: integer `1`, expected a string"),
      .validation(
        #"{"vector":{"name":"s","vector":{"indices":[1],"values":[]}},"limit":1}"#,
        "vector.vector.values: Validation error: must be the same length as indices [{}]"),
    ] as [Refusal])
  func legacyRefusals(refusal: Refusal) {
    refusal.check(RequestDecoder.search)
  }

  @Test func pointIDsInPaths() {
    #expect(RequestDecoder.pointID("42") == .number(42))
    #expect(
      RequestDecoder.pointID("00000000-0000-0001-0000-000000000002")
        == .uuid(PointUUID(high: 1, low: 2)))
    #expect(RequestDecoder.pointID("-1") == nil)
    #expect(RequestDecoder.pointID("") == nil)
  }
}

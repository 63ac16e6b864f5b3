import PointModel
import QdrantAPI
import Testing

@Suite struct ExampleQueryTests {
  private static let one = QueryVector.point(.number(1))
  private static let dense = QueryVector.dense([1, 2])

  @Test func queries() throws {
    for (json, query) in [
      (
        #"{"recommend":{"positive":[1,[1,2]],"negative":[1],"strategy":"best_score"}}"#,
        Query.recommend(
          RecommendQuery(
            positive: [Self.one, Self.dense], negative: [Self.one], strategy: .bestScore))
      ),
      (
        #"{"recommend":{"positive":[1],"negative":null}}"#,
        .recommend(RecommendQuery(positive: [Self.one]))
      ),
      (
        #"{"discover":{"target":1,"context":{"positive":[1,2],"negative":1}}}"#,
        .discover(
          target: Self.one, context: [ContextPair(positive: Self.dense, negative: Self.one)])
      ),
      (
        #"{"discover":{"target":[1,2],"context":null}}"#,
        .discover(target: Self.dense, context: [])
      ),
      (
        #"{"context":[{"positive":1,"negative":[1,2]}]}"#,
        .context([ContextPair(positive: Self.one, negative: Self.dense)])
      ),
      (#"{"sample":"random"}"#, .sample),
    ] {
      let request = try decoded(#"{"query":\#(json),"limit":3}"#, RequestDecoder.query)
      #expect(request == QueryRequest(query: query, limit: 3))
      // What a client writes is read back as the same.
      #expect(try decoded(ClientRequest.query(request), RequestDecoder.query) == request)
      #expect(query.replacingVectors(with: query.vectors) == query)
    }
  }

  @Test func olderRoutes() throws {
    #expect(
      try decoded(
        #"{"positive":[1],"negative":[],"top":2,"using":"v","lookup_from":{"collection":"c"}}"#,
        RequestDecoder.recommend)
        == QueryRequest(
          query: .recommend(RecommendQuery(positive: [Self.one])), using: "v", limit: 2,
          lookupFrom: LookupLocation(collection: "c", vector: nil)))
    #expect(
      try decoded(#"{"target":1,"limit":2}"#, RequestDecoder.discover)
        == QueryRequest(query: .discover(target: Self.one, context: []), limit: 2))
    #expect(
      try decoded(
        #"{"context":[{"positive":1,"negative":1}],"limit":2}"#, RequestDecoder.discover)
        == QueryRequest(
          query: .context([ContextPair(positive: Self.one, negative: Self.one)]), limit: 2))
    let batch = try decoded(
      #"{"searches":[{"positive":[1],"limit":1},{"positive":[1],"limit":2}]}"#,
      RequestDecoder.recommendBatch)
    #expect(batch.map(\.limit) == [1, 2])
    Refusal.format(#"{"positive":[1]}"#, "missing field `limit`").check(RequestDecoder.recommend)
    Refusal.validation(
      #"{"positive":[1],"limit":0}"#,
      "recommend_request.limit: value 0 invalid, must be 1 or larger"
    ).check(RequestDecoder.recommend)
  }

  @Test func conditionalUpdates() throws {
    let filter = Filter(must: [.hasID([.number(1)])])
    #expect(
      try decoded(
        #"{"points":[],"update_mode":"update_only","update_filter":{"must":[{"has_id":[1]}]}}"#,
        RequestDecoder.upsert)
        == .upsert([], condition: UpsertCondition(.updateOnly, filter: filter)))
    #expect(
      try decoded(
        #"{"points":[{"id":1,"vector":[1]}],"update_filter":{"must":[{"has_id":[1]}]}}"#,
        RequestDecoder.updateVectors)
        == .updateVectors(
          [PointVectors(id: .number(1), vectors: unnamed([1]))], filter: filter))
  }

  @Test func aliases() throws {
    #expect(
      try decoded(
        """
        {"actions":[{"create_alias":{"collection_name":"c","alias_name":"a"}},
         {"rename_alias":{"old_alias_name":"a","new_alias_name":"b"}},
         {"delete_alias":{"alias_name":"b"}}]}
        """, RequestDecoder.changeAliases)
        == [
          .create(Alias(name: "a", collection: "c")), .rename(from: "a", to: "b"), .delete("b"),
        ])
    let variant = "data did not match any variant of untagged enum AliasOperations"
    Refusal.format("{}", "missing field `actions`").check(RequestDecoder.changeAliases)
    Refusal.format(#"{"actions":[{}]}"#, "actions[0]: \(variant)")
      .check(RequestDecoder.changeAliases)
    Refusal.format(
      #"{"actions":[{"create_alias":{"alias_name":"a"}}]}"#,
      "actions[0].create_alias: missing field `collection_name`"
    ).check(RequestDecoder.changeAliases)
    Refusal.validation(
      #"{"actions":[{"create_alias":{"alias_name":"a/b","collection_name":"c"}}]}"#,
      "actions[0].create_alias.alias_name: collection name cannot contain \"/\" char"
    ).check(RequestDecoder.changeAliases)
  }
}

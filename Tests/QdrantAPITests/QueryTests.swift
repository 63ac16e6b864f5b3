import PointModel
import QdrantAPI
import Testing

@Suite struct QueryTests {
  private func query(_ body: String) throws -> QueryRequest {
    try decoded(body, RequestDecoder.query)
  }

  @Test func emptyBodyLists() throws {
    #expect(try query("{}") == QueryRequest())
    #expect(
      try query(
        #"""
        {"query":null,"prefetch":null,"using":null,"filter":null,"params":null,"limit":null,
         "score_threshold":null,"offset":null,"with_vector":null,"with_payload":null,
         "lookup_from":null,"shard_key":null,"vector":7}
        """#) == QueryRequest())
  }

  private static let uuid = PointID.uuid(PointUUID(high: 1, low: 2))

  @Test(arguments: [
    ("[1,2.5]", Query.nearest(.dense([1, 2.5]))),
    ("7", .nearest(.point(.number(7)))),
    (#""00000000-0000-0001-0000-000000000002""#, .nearest(.point(uuid))),
    (#"{"nearest":[1]}"#, .nearest(.dense([1]))),
    (#"{"nearest":7,"mmr":null}"#, .nearest(.point(.number(7)))),
    (#"{"nearest":"00000000000000010000000000000002"}"#, .nearest(.point(uuid))),
    (#"{"nearest":[1],"mmr":{}}"#, .mmr(.dense([1]), diversity: 0.5, candidates: nil)),
    (
      #"{"nearest":[1],"mmr":{"diversity":0.25,"candidates_limit":2}}"#,
      .mmr(.dense([1]), diversity: 0.25, candidates: 2)
    ),
  ])
  func forms(json: String, expected: Query) throws {
    #expect(try query(#"{"query":\#(json)}"#).query == expected)
  }

  @Test func everyMember() throws {
    let request = try query(
      #"""
      {"query":[1],"using":"text","filter":{"must":{"has_id":[1]}},"score_threshold":0.05,
       "params":{"hnsw_ef":128,"exact":true,"indexed_only":true,"idf":"global",
         "quantization":{"ignore":false,"rescore":null,"oversampling":2.0},
         "acorn":{"enable":true,"max_selectivity":0.4},"ivf":{"nprobe":3}},
       "limit":3,"offset":4,"with_payload":{"exclude":["a","b.c"]},"with_vector":["text"],
       "lookup_from":{"collection":"other","vector":"v","shard_key":null},"prefetch":[]}
      """#)
    #expect(
      request
        == QueryRequest(
          query: .nearest(.dense([1])), using: "text",
          filter: Filter(must: [.hasID([.number(1)])]),
          params: SearchParams(
            hnswEf: 128, exact: true, indexedOnly: true, ivf: .probes(3), oversampling: 2,
            idf: .global),
          scoreThreshold: 0.05, limit: 3, offset: 4,
          withPayload: .exclude([path("a"), path("b.c")]), withVector: .names(["text"]),
          lookupFrom: LookupLocation(collection: "other", vector: "v")))
  }

  @Test(arguments: [
    (#""with_payload":true"#, PayloadSelector.all, VectorSelector.none),
    (#""with_payload":false,"with_vectors":true"#, .none, .all),
    (#""with_payload":["a"],"with_vector":false"#, .include([path("a")]), .none),
    (
      #""with_payload":{"include":["a[].b"]},"with_vectors":["",""]"#,
      .include([path("a[].b")]), .names(["", ""])
    ),
  ])
  func selectors(json: String, payload: PayloadSelector, vector: VectorSelector) throws {
    let request = try query("{\(json)}")
    #expect(request.withPayload == payload)
    #expect(request.withVector == vector)
  }

  @Test func batch() throws {
    #expect(
      try decoded(
        #"{"searches":[{"query":[1],"limit":1},{}]}"#, RequestDecoder.queryBatch)
        == [QueryRequest(query: .nearest(.dense([1])), limit: 1), QueryRequest()])
    Refusal.format("{}", "missing field `searches`").check(RequestDecoder.queryBatch)
    Refusal.validation(
      #"{"searches":[{},{"limit":0}]}"#,
      "searches[1].internal.limit: value 0 invalid, must be 1 or larger"
    ).check(RequestDecoder.queryBatch)
  }

  @Test(
    arguments: [
      .format("[]", "invalid type: sequence, expected a map"),
      .validation(#"{"limit":0}"#, "internal.limit: value 0 invalid, must be 1 or larger"),
      .format(#"{"limit":-1}"#, "limit: invalid value: integer `-1`, expected usize"),
      .format(#"{"limit":"1"}"#, #"limit: invalid type: string "1", expected usize"#),
      .format(#"{"limit":1.0}"#, "limit: invalid type: floating point `1.0`, expected usize"),
      .format(#"{"offset":-1}"#, "offset: invalid value: integer `-1`, expected usize"),
      .format(#"{"using":1}"#, "using: invalid type: integer `1`, expected a string"),
      .format(
        #"{"score_threshold":"x"}"#, #"score_threshold: invalid type: string "x", expected f32"#),
      .format(#"{"score_threshold":1e39}"#, "score_threshold: number out of range, expected f32"),
      .validation(#"{"query":[]}"#, "internal.query: dense vector must not be empty"),
      .format(#"{"query":[1,1e39]}"#, "query[1]: number out of range, expected f32"),
      .format(
        #"{"query":true}"#, "query: invalid type: boolean `true`, expected a vector or a point ID"),
      .format(
        #"{"query":"x"}"#,
        "query: value x is not a valid point ID, "
          + "valid values are either an unsigned integer or a UUID"
      ),
      .format(
        #"{"query":-1}"#,
        "query: value -1 is not a valid point ID, "
          + "valid values are either an unsigned integer or a UUID"
      ),
      .format(
        #"{"query":{}}"#, "query: data did not match any variant of untagged enum QueryInterface"),
      .validation(
        #"{"query":[[1],[2,3]]}"#,
        "internal.query.data: all vectors must have the same dimension, "
          + "found vector with dimension 2"),
      .validation(
        #"{"query":{"indices":[1,1],"values":[1,1]}}"#,
        "internal.query.indices: Validation error: must be unique [{}]"),
      .format(#"{"query":{"indices":[1]}}"#, "query: missing field `values`"),
      .badRequest(
        #"{"query":{"text":"x","model":"m"}}"#,
        "query: model `m` is not available. Vectors can be made of texts, by `qdrant/bm25`; "
          + "those of other models are made by the client"),
      .format(
        #"{"query":{"fusion":"sum"}}"#,
        "query.fusion: unknown variant `sum`, expected one of `rrf`, `dbsf`"),
      .validation(
        #"{"query":{"rrf":{"k":0}}}"#,
        "internal.query.rrf.k: value 0 invalid, must be 1 or larger"),
      .validation(
        #"{"prefetch":{"limit":0}}"#,
        "internal.prefetch[0].limit: value 0 invalid, must be 1 or larger"),
      .format(
        #"{"prefetch":[{"prefetch":1}]}"#,
        "prefetch[0].prefetch[0]: invalid type: integer `1`, expected a prefetch"),
      .validation(
        #"{"query":{"recommend":{"strategy":"best_score"}}}"#,
        "internal.query.recommend.positives, negatives: "
          + "At least one positive or negative vector/id must be provided"),
      .validation(
        #"{"query":{"relevance_feedback":{"target":1,"feedback":[],"strategy":{"naive":"#
          + #"{"a":1,"b":1,"c":1}}}}}"#,
        "internal.query.relevance_feedback: feedback elements must be non-empty"),
      .format(#"{"query":{"discover":{}}}"#, "query.discover: missing field `target`"),
      .format(
        #"{"query":{"discover":{"target":1}}}"#, "query.discover: missing field `context`"),
      .format(
        #"{"query":{"recommend":{"positive":[1],"strategy":"x"}}}"#,
        "query.recommend.strategy: unknown variant `x`, expected one of `average_vector`, "
          + "`best_score`, `sum_scores`"),
      .format(
        #"{"query":{"sample":"all"}}"#,
        "query.sample: unknown variant `all`, expected `random`"),
      .badRequest(#"{"shard_key":["a"]}"#, "`shard_key` is not supported yet"),
      .validation(
        #"{"query":{"nearest":[1],"mmr":{"diversity":1.5}}}"#,
        "internal.query.mmr.diversity: value 1.5 invalid, must be from 0.0 to 1.0"),
      .validation(
        #"{"query":{"nearest":[1],"mmr":{"candidates_limit":16385}}}"#,
        "internal.query.mmr.candidates_limit: value 16385 invalid, must be from 0 to 16384"),
      .format(
        #"{"query":{"nearest":[1],"mmr":1}}"#,
        "query.mmr: invalid type: integer `1`, expected a map"),
      .validation(
        #"{"params":{"hnsw_ef":0}}"#,
        "internal.params.hnsw_ef: value 0 invalid, must be 1 or larger"),
      .format(
        #"{"params":{"exact":1}}"#, "params.exact: invalid type: integer `1`, expected a boolean"),
      .validation(
        #"{"params":{"quantization":{"oversampling":0.5}}}"#,
        "internal.params.quantization.oversampling: value 0.5 invalid, must be 1.0 or larger"),
      .format(
        #"{"lookup_from":{"vector":"v"}}"#, "lookup_from: missing field `collection`"),
      .validation(
        #"{"filter":{"must":{"key":"a"}}}"#,
        "internal.filter.must: At least one field condition must be specified"),
      .format(
        #"{"with_payload":{"include":["a"],"exclude":["b"]}}"#,
        "with_payload: data did not match any variant of untagged enum WithPayloadInterface"),
      .format(
        #"{"with_payload":1}"#,
        "with_payload: invalid type: integer `1`, "
          + "expected a boolean, a list of keys, or include or exclude"),
      .format(#"{"with_payload":["a["]}"#, "with_payload[0]: Invalid json path: 'a['"),
      .format(
        #"{"with_vector":"a"}"#,
        #"with_vector: invalid type: string "a", expected a boolean or a list of vector names"#),
    ] as [Refusal])
  func refusals(refusal: Refusal) {
    refusal.check(RequestDecoder.query)
  }
}

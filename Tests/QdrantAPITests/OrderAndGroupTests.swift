import FastJSON
import PointModel
import QdrantAPI
import Testing

@Suite struct OrderAndGroupTests {
  @Test(arguments: [
    (#""price""#, OrderBy(key: path("price"))),
    (#"{"key":"a.b"}"#, OrderBy(key: path("a.b"))),
    (
      #"{"key":"a","direction":"desc","start_from":3}"#,
      OrderBy(key: path("a"), direction: .descending, start: .number(3))
    ),
    (#"{"key":"a","direction":null,"start_from":null}"#, OrderBy(key: path("a"))),
    (
      #"{"key":"a","direction":"asc","start_from":"1970-01-01T00:00:01Z"}"#,
      OrderBy(key: path("a"), start: .datetime(Datetime(seconds: 1)))
    ),
  ])
  func orders(_ json: String, _ order: OrderBy) throws {
    #expect(
      try decoded(#"{"order_by":\#(json)}"#, RequestDecoder.scroll)
        == ScrollRequest(orderBy: order))
    #expect(
      try decoded(#"{"query":{"order_by":\#(json)}}"#, RequestDecoder.query)
        == QueryRequest(query: .orderBy(order)))
  }

  @Test(
    arguments: [
      .format(#"{"order_by":{}}"#, "order_by: missing field `key`"),
      .format(#"{"order_by":"a["}"#, "order_by: Invalid json path: 'a['"),
      .format(
        #"{"order_by":{"key":"a","direction":"up"}}"#,
        "order_by.direction: unknown variant `up`, expected one of `asc`, `desc`"),
      .format(
        #"{"order_by":{"key":"a","start_from":"soon"}}"#,
        "order_by.start_from: data did not match any variant of untagged enum StartFrom"),
      .format(
        #"{"order_by":{"key":"a","start_from":true}}"#,
        "order_by.start_from: data did not match any variant of untagged enum StartFrom"),
    ] as [Refusal])
  func ordersThatAreRefused(refusal: Refusal) {
    refusal.check(RequestDecoder.scroll)
  }

  @Test func groups() throws {
    #expect(
      try decoded(#"{"query":[1],"group_by":"g"}"#, RequestDecoder.queryGroups)
        == GroupsRequest(query: QueryRequest(query: .nearest(.dense([1]))), groupBy: path("g")))
    let whole = try decoded(
      """
      {"query":{"sample":"random"},"group_by":"g[].x","group_size":2,"limit":4,"using":"v",
       "filter":{},"score_threshold":0.5,"with_payload":true,"with_vector":["v"],
       "with_lookup":{"collection":"docs","with_payload":["t"],"with_vectors":true}}
      """, RequestDecoder.queryGroups)
    #expect(
      whole
        == GroupsRequest(
          query: QueryRequest(
            query: .sample, using: "v", filter: Filter(), scoreThreshold: 0.5, withPayload: .all,
            withVector: .names(["v"])),
          groupBy: path("g[].x"), groupSize: 2, limit: 4,
          lookup: GroupLookup(
            collection: "docs", withPayload: .include([path("t")]), withVector: .all)))
    let named = try decoded(
      #"{"group_by":"g","with_lookup":"docs"}"#, RequestDecoder.queryGroups)
    #expect(named.lookup == GroupLookup(collection: "docs"))
    #expect(
      try decoded(
        #"{"vector":[1],"group_by":"g","group_size":2,"limit":4}"#, RequestDecoder.searchGroups)
        == GroupsRequest(
          query: QueryRequest(query: .nearest(.dense([1]))), groupBy: path("g"), groupSize: 2,
          limit: 4))
    #expect(
      try decoded(
        #"{"positive":[1],"group_by":"g","group_size":2,"limit":4}"#,
        RequestDecoder.recommendGroups
      ).query.query == .recommend(RecommendQuery(positive: [.point(.number(1))])))
  }

  @Test func groupsThatAreRefused() {
    let scope = "search_group_request.group_request"
    for (body, text) in [
      (#"{"group_by":"g","limit":0}"#, "limit: value 0 invalid, must be 1 or larger"),
      (#"{"group_by":"g","group_size":0}"#, "group_size: value 0 invalid, must be 1 or larger"),
    ] {
      Refusal.validation(body, "\(scope).\(text)").check(RequestDecoder.queryGroups)
    }
    Refusal.format("{}", "missing field `group_by`").check(RequestDecoder.queryGroups)
    Refusal.format(#"{"group_by":""}"#, "group_by: Invalid json path: ''")
      .check(RequestDecoder.queryGroups)
    Refusal.format(#"{"group_by":"g","with_lookup":{}}"#, "with_lookup: missing field `collection`")
      .check(RequestDecoder.queryGroups)
    Refusal.format(#"{"vector":[1],"group_by":"g","limit":4}"#, "missing field `group_size`")
      .check(RequestDecoder.searchGroups)
  }

  @Test func facetsAndMatrices() throws {
    #expect(try decoded(#"{"key":"k"}"#, RequestDecoder.facet) == FacetRequest(key: path("k")))
    #expect(
      try decoded(#"{"key":"k","limit":3,"exact":true,"filter":{}}"#, RequestDecoder.facet)
        == FacetRequest(key: path("k"), limit: 3, filter: Filter(), exact: true))
    Refusal.format("{}", "missing field `key`").check(RequestDecoder.facet)
    Refusal.validation(
      #"{"key":"k","limit":0}"#, "facet_request.limit: value 0 invalid, must be 1 or larger"
    ).check(RequestDecoder.facet)
    #expect(try decoded("{}", RequestDecoder.matrix) == MatrixRequest())
    #expect(
      try decoded(#"{"sample":5,"limit":2,"using":"v"}"#, RequestDecoder.matrix)
        == MatrixRequest(sample: 5, limit: 2, using: "v"))
    Refusal.validation(
      #"{"sample":1}"#, "search_request.sample: value 1 invalid, must be 2 or larger"
    ).check(RequestDecoder.matrix)
  }

  /// All steps, a few bytes at a time.
  private func text(_ steps: AnswerSteps) -> String {
    var (writer, text, step) = (JSONWriter(), "", 0)
    while step < steps.count {
      step = steps.write(from: step, to: &writer, upTo: 10)
      text += String(decoding: writer.takeBytes(), as: UTF8.self)
    }
    return text
  }

  @Test func answersAreWritten() {
    let groups = [
      PointGroup(
        id: .string("a"),
        hits: [ScoredPoint(record: Record(id: .number(1)), version: 2, score: 0.5)],
        lookup: Record(id: .number(9))),
      PointGroup(id: .unsigned(.max), hits: []),
    ]
    #expect(
      text(.groups(groups)) == """
        {"groups":[{"hits":[{"id":1,"version":2,"score":0.5}],"id":"a","lookup":{"id":9}},\
        {"hits":[],"id":18446744073709551615}]}
        """)
    let hits = [
      FacetHit(value: .string("x"), count: 2), FacetHit(value: .bool(true), count: 1),
    ]
    #expect(
      text(.facet(hits))
        == #"{"hits":[{"value":"x","count":2},{"value":true,"count":1}]}"#)
    let matrix = DistanceMatrix(
      ids: [.number(3), .number(5)],
      neighbors: [[.init(position: 1, score: 0.5)], [.init(position: 0, score: 0.5)]])
    #expect(
      text(.pairs(matrix))
        == #"{"pairs":[{"a":3,"b":5,"score":0.5},{"a":5,"b":3,"score":0.5}]}"#)
    #expect(
      text(.offsets(matrix))
        == #"{"offsets_row":[0,1],"offsets_col":[1,0],"scores":[0.5,0.5],"ids":[3,5]}"#)
    var writer = JSONWriter()
    writer.write(Record(id: .number(1), orderValue: .double(2)))
    #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"id":1,"order_value":2.0}"#)
  }
}

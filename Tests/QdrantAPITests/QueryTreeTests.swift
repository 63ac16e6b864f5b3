import FastJSON
import PointModel
import QdrantAPI
import Testing

/// Prefetches, and the queries that make something of what these find.
@Suite struct QueryTreeTests {
  @Test func prefetchesAreNodesOfTheirOwn() throws {
    let request = try decoded(
      """
      {"prefetch":[{"query":[1,2],"using":"a","limit":20,"score_threshold":0.5,
        "params":{"exact":true},"filter":{"must":[{"has_id":[3]}]},
        "lookup_from":{"collection":"other"},"prefetch":{"query":7}},{}],
       "query":{"fusion":"rrf"},"limit":5,"offset":2}
      """, RequestDecoder.query)
    let first = QueryNode(
      prefetch: [QueryNode(query: .nearest(.point(.number(7))))], query: .nearest(.dense([1, 2])),
      using: "a", filter: Filter(must: [.hasID([.number(3)])]), params: SearchParams(exact: true),
      scoreThreshold: 0.5, limit: 20, lookupFrom: LookupLocation(collection: "other", vector: nil))
    #expect(
      request.root
        == QueryNode(
          prefetch: [first, QueryNode()], query: .fusion(.reciprocalRank()), limit: 5, offset: 2))
  }

  private static let queries: [(String, Query)] = [
    (#"{"fusion":"dbsf"}"#, .fusion(.scoreDistribution)),
    (#"{"rrf":{}}"#, .fusion(.reciprocalRank(k: 2, weights: nil))),
    (
      #"{"rrf":{"k":60,"weights":[1,0.5]}}"#,
      .fusion(.reciprocalRank(k: 60, weights: [1, 0.5]))
    ),
    (
      """
      {"relevance_feedback":{"target":1,"feedback":[{"example":[1,2],"score":0.5}],
       "strategy":{"naive":{"a":1,"b":2,"c":3}}}}
      """,
      .feedback(
        FeedbackQuery(
          target: .point(.number(1)), examples: [.init(.dense([1, 2]), score: 0.5)],
          coefficients: .init(a: 1, b: 2, c: 3)))
    ),
  ]

  @Test(arguments: queries.indices)
  func queriesAreRead(index: Int) throws {
    let (text, query) = Self.queries[index]
    #expect(try decoded(#"{"query":\#(text)}"#, RequestDecoder.query).query == query)
  }

  private static func key(_ text: String) -> PayloadPath {
    PayloadPath(text) ?? PayloadPath(steps: [])
  }

  private static let expressions: [(String, FormulaExpression)] = [
    ("2", .constant(2)), ("0.1", .constant(Double(Float(0.1)))),
    (#""$score""#, .score(0)), (#""$score[3]""#, .score(3)), (#""a.b""#, .payload(key("a.b"))),
    (#"{"has_id":[1]}"#, .condition(.hasID([.number(1)]))),
    (
      #"{"key":"a","match":{"value":1}}"#,
      .condition(.match(key: key("a"), .value(.integer(1))))
    ),
    (#"{"must":[]}"#, .condition(.filter(Filter()))),
    (
      #"{"geo_distance":{"origin":{"lon":1,"lat":2},"to":"place"}}"#,
      .geoDistance(from: GeoPoint(longitude: 1, latitude: 2), to: key("place"))
    ),
    (#"{"datetime":"1970-01-01T00:00:05Z"}"#, .datetime(Datetime(seconds: 5))),
    (#"{"datetime_key":"when"}"#, .datetimeKey(key("when"))),
    (
      #"{"sum":["$score",{"mult":[1,"a"]}]}"#,
      .sum([.score(0), .product([.constant(1), .payload(key("a"))])])
    ),
    (
      #"{"div":{"left":1,"right":"a","by_zero_default":0.5}}"#,
      .quotient(.constant(1), .payload(key("a")), byZero: 0.5)
    ),
    (#"{"pow":{"base":2,"exponent":3}}"#, .power(.constant(2), .constant(3))),
    (#"{"neg":{"abs":-1}}"#, .function(.negation, .function(.absolute, .constant(-1)))),
    (
      #"{"sqrt":{"exp":{"log10":{"ln":1}}}}"#,
      .function(
        .squareRoot,
        .function(
          .exponential, .function(.commonLogarithm, .function(.naturalLogarithm, .constant(1)))))
    ),
    (#"{"lin_decay":{"x":"a"}}"#, .decay(FormulaDecay(.linear, x: .payload(key("a"))))),
    (
      #"{"gauss_decay":{"x":"a","target":3,"scale":5,"midpoint":0.25}}"#,
      .decay(
        FormulaDecay(
          .gaussian, x: .payload(key("a")), target: .constant(3), scale: 5, midpoint: 0.25))
    ),
  ]

  @Test(arguments: expressions.indices)
  func expressionsAreReadAndWritten(index: Int) throws {
    let (text, expression) = Self.expressions[index]
    let body = #"{"query":{"formula":\#(text),"defaults":{"$score":1,"a":null}}}"#
    let request = try decoded(body, RequestDecoder.query)
    let formula = Formula(
      expression, scoreDefaults: [0: 1], payloadDefaults: [Self.key("a"): .null])
    #expect(request.query == .formula(formula))
    #expect(try decoded(ClientRequest.query(request), RequestDecoder.query) == request)
  }

  @Test func treesAreWritten() throws {
    let request = try decoded(
      """
      {"prefetch":[{"query":{"rrf":{"weights":[2]}},"prefetch":[{"query":[1],"limit":3}]},
        {"query":\(Self.queries[3].0),"using":"v"},{"query":{"fusion":"dbsf"},"prefetch":{}}],
       "query":{"formula":"$score[1]"}}
      """, RequestDecoder.query)
    #expect(try decoded(ClientRequest.query(request), RequestDecoder.query) == request)
  }

  @Test(
    arguments: [
      .wrongInput(
        #"{"query":{"formula":"$rank"}}"#,
        "Validation failed: failed to parse variable ID $rank: Invalid reserved word: $rank"),
      .wrongInput(
        #"{"query":{"formula":"$score.a"}}"#,
        "Validation failed: failed to parse variable ID $score.a: "
          + "Invalid reserved variable: $score.a"),
      .wrongInput(
        #"{"query":{"formula":{"lin_decay":{"x":1,"midpoint":1.5}}}}"#,
        "Validation failed: Linear decay midpoint should be in the range [0.0, 1.0], got 1.5."),
      .wrongInput(
        #"{"query":{"formula":{"exp_decay":{"x":1,"midpoint":1}}}}"#,
        "Validation failed: Decay midpoint should be in the range (0.0, 1.0), got 1."),
      .wrongInput(
        #"{"query":{"formula":{"exp_decay":{"x":1,"scale":0}}}}"#,
        "Validation failed: Decay scale should be non-zero positive, got 0."),
      .validation(
        #"{"query":{"formula":1,"defaults":{"$score":"x"}}}"#,
        "internal.query.defaults: Score default must be a number"),
      .validation(
        #"{"query":{"formula":1,"defaults":{"$x":1}}}"#,
        "internal.query.defaults: Invalid reserved word: $x"),
      .format(
        #"{"query":{"formula":{"sum":[true]}}}"#,
        "query.formula.sum[0]: data did not match any variant of untagged enum Expression"),
      .format(
        #"{"query":{"formula":{"div":{"left":1}}}}"#, "query.formula.div: missing field `right`"),
    ] as [Refusal])
  func refusals(refusal: Refusal) {
    refusal.check(RequestDecoder.query)
  }
}

import PointModel
import QdrantAPI
import Testing

@Suite struct FilterTests {
  private func filter(_ json: String) throws -> Filter? {
    try decoded(#"{"filter":\#(json)}"#, RequestDecoder.count).filter
  }

  private func condition(_ json: String) throws -> Condition? {
    let filter = try filter(#"{"must":\#(json)}"#)
    return filter?.must.first
  }

  private static func value(_ key: String, _ value: MatchValue) -> Condition {
    .match(key: path(key), .value(value))
  }

  @Test func clauses() throws {
    #expect(try filter("null") == nil)
    #expect(try filter("{}") == Filter())
    #expect(
      try filter(#"{"must":[],"should":null,"must_not":[],"min_should":null}"#) == Filter())
    let one = Self.value("a", .integer(1))
    let json = #"{"key":"a","match":{"value":1}}"#
    #expect(try filter(#"{"must":\#(json)}"#) == Filter(must: [one]))
    #expect(
      try filter(#"{"must":[\#(json)],"should":[\#(json),\#(json)],"must_not":\#(json)}"#)
        == Filter(must: [one], should: [one, one], mustNot: [one]))
    #expect(
      try filter(#"{"min_should":{"conditions":[\#(json)],"min_count":2}}"#)
        == Filter(minShould: .init(conditions: [one], minimum: 2)))
  }

  @Test func nestedFilters() throws {
    let inner = Filter(should: [Self.value("a", .bool(true))])
    #expect(
      try filter(
        #"{"must":[{"must":[{"should":{"key":"a","match":{"value":true}}}]},{}]}"#)
        == Filter(must: [.filter(Filter(must: [.filter(inner)])), .filter(Filter())]))
  }

  @Test(arguments: [
    (#"{"value":"x"}"#, MatchCondition.value(.string("x"))),
    (#"{"value":-7}"#, .value(.integer(-7))),
    (#"{"value":false}"#, .value(.bool(false))),
    (#"{"any":["a","b","a"]}"#, .any([.string("a"), .string("b")])),
    (#"{"any":[1,2]}"#, .any([.integer(1), .integer(2)])),
    (#"{"any":[]}"#, .any([])),
    (#"{"except":["a"]}"#, .except([.string("a")])),
    (#"{"except":[]}"#, .except([])),
    (#"{"text":"two words"}"#, .text("two words")),
    (#"{"text_any":""}"#, .textAny("")),
    (#"{"phrase":"a b"}"#, .phrase("a b")),
    (#"{"prefix":"ab"}"#, .prefix("ab")),
  ])
  func matches(json: String, match: MatchCondition) throws {
    #expect(
      try condition(#"{"key":"meta.tags[]","match":\#(json)}"#)
        == .match(key: path("meta.tags[]"), match))
  }

  @Test(arguments: [
    (#"{"gte":3.0}"#, RangeCondition(greaterThanOrEqual: 3)),
    (
      #"{"lt":1,"lte":2.5,"gt":-1,"gte":null}"#,
      RangeCondition(lessThan: 1, lessThanOrEqual: 2.5, greaterThan: -1)
    ),
    ("{}", RangeCondition()),
  ])
  func ranges(json: String, range: RangeCondition) throws {
    #expect(try condition(#"{"key":"a","range":\#(json)}"#) == .range(key: path("a"), range))
  }

  @Test(arguments: [
    (#"{"is_empty":{"key":"a.b"}}"#, Condition.isEmpty(key: path("a.b"))),
    (#"{"is_null":{"key":"a"}}"#, .isNull(key: path("a"))),
    (#"{"key":"a","is_empty":true}"#, .isEmpty(key: path("a"))),
    (#"{"key":"a","is_empty":false}"#, .not(.isEmpty(key: path("a")))),
    (#"{"key":"a","is_null":true}"#, .isNull(key: path("a"))),
    (#"{"key":"a","is_null":false,"match":null}"#, .not(.isNull(key: path("a")))),
    (#"{"has_id":[1,2,1]}"#, .hasID([.number(1), .number(2)])),
    (#"{"has_id":[]}"#, .hasID([])),
    (#"{"has_vector":""}"#, .hasVector("")),
    (#"{"has_vector":"text"}"#, .hasVector("text")),
    (
      #"{"key":"a","match":{"value":1},"range":{"gt":5}}"#,
      .filter(
        Filter(should: [
          .match(key: path("a"), .value(.integer(1))),
          .range(key: path("a"), RangeCondition(greaterThan: 5)),
        ]))
    ),
  ])
  func conditions(json: String, expected: Condition) throws {
    #expect(try condition(json) == expected)
    #expect(try condition("[\(json)]") == expected)
  }

  private static func must(_ condition: String) -> String {
    #"{"filter":{"must":[\#(condition)]}}"#
  }

  private static let anyCondition = "data did not match any variant of untagged enum Condition"

  @Test(
    arguments: [
      .format(#"{"filter":[]}"#, "filter: invalid type: sequence, expected a filter"),
      .format(
        #"{"filter":{"mist":[]}}"#,
        "filter: unknown field `mist`, expected one of `should`, `min_should`, `must`, `must_not`"),
      .format(must("1"), "filter.must[0]: invalid type: integer `1`, expected a condition"),
      .format(must(#"{"a":1}"#), "filter.must[0].a: \(anyCondition)"),
      .format(must(#"{"a":1,"b":2}"#), "filter.must[0]: \(anyCondition)"),
      .validation(
        must(#"{"key":"a"}"#), "filter.must[0]: At least one field condition must be specified"),
      .validation(
        must(#"{"key":"a","match":null}"#),
        "filter.must[0]: At least one field condition must be specified"),
      .format(
        must(#"{"key":"a","datetime_range":{}}"#),
        "filter.must[0]: unknown field `datetime_range`, expected one of `match`, `range`, "
          + "`geo_bounding_box`, `geo_radius`, `geo_polygon`, `values_count`, `is_empty`, `is_null`"
      ),
      .format(
        must(#"{"key":1,"match":{"value":1}}"#),
        "filter.must[0].key: invalid type: integer `1`, expected a string"),
      .format(
        must(#"{"key":"","match":{"value":1}}"#), "filter.must[0].key: Invalid json path: ''"),
      .format(
        must(#"{"key":"a","match":{"value":1.5}}"#),
        "filter.must[0].match.value: invalid type: floating point `1.5`, "
          + "expected a string, an integer or a boolean"),
      .format(
        must(#"{"key":"a","match":{"any":["a",1]}}"#),
        "filter.must[0].match.any[1]: invalid type: integer `1`, expected a string"),
      .format(
        must(#"{"key":"a","match":{"any":[1,"a"]}}"#),
        #"filter.must[0].match.any[1]: invalid type: string "a", expected i64"#),
      .format(
        must(#"{"key":"a","match":{"except":[true]}}"#),
        "filter.must[0].match.except[0]: invalid type: boolean `true`, "
          + "expected a string or an integer"),
      .format(
        must(#"{"key":"a","match":{"keyword":"x"}}"#),
        "filter.must[0].match: data did not match any variant of untagged enum Match"),
      .format(
        must(#"{"key":"a","match":{"value":1,"any":[1]}}"#),
        "filter.must[0].match: data did not match any variant of untagged enum Match"),
      .format(
        must(#"{"key":"a","match":{"text":1}}"#),
        "filter.must[0].match.text: invalid type: integer `1`, expected a string"),
      .format(
        must(#"{"key":"a","range":{"gte":"soon"}}"#),
        "filter.must[0].range.gte: 'soon' is not in a supported date/time format, "
          + "please use RFC 3339"),
      .format(
        must(#"{"key":"a","range":{"gte":"2024-01-01","lt":3}}"#),
        "filter.must[0].range.lt: invalid type: integer `3`, expected a string"),
      .format(
        must(#"{"key":"a","range":{"ge":1}}"#),
        "filter.must[0].range: unknown field `ge`, expected one of `lt`, `gt`, `gte`, `lte`"),
      .format(
        must(#"{"key":"a","values_count":{"gt":-1}}"#),
        "filter.must[0].values_count.gt: invalid value: integer `-1`, expected usize"),
      .format(
        must(#"{"has_id":["x"]}"#),
        "filter.must[0].has_id[0]: value x is not a valid point ID, "
          + "valid values are either an unsigned integer or a UUID"),
      .format(
        must(#"{"is_empty":{"key":"a","x":1}}"#),
        "filter.must[0].is_empty: unknown field `x`, expected `key`"),
      .format(must(#"{"is_null":{}}"#), "filter.must[0].is_null: missing field `key`"),
      .validation(
        #"{"filter":{"min_should":{"conditions":[],"min_count":0}}}"#,
        "filter.min_should.min_count: value 0 invalid, must be 1 or larger"),
      .format(
        #"{"filter":{"min_should":{"conditions":[]}}}"#,
        "filter.min_should: missing field `min_count`"),
      .format(
        #"{"filter":{"must_not":{"must":{"should":[{"has_vector":1}]}}}}"#,
        "filter.must_not.must.should[0].has_vector: invalid type: integer `1`, expected a string"),
    ] as [Refusal])
  func refusals(refusal: Refusal) {
    refusal.check(RequestDecoder.count)
  }

  @Test func depthIsBounded() {
    let deep =
      String(repeating: #"{"must":"#, count: 200) + "[]" + String(repeating: "}", count: 200)
    #expect(throws: RequestError.self) { try filter(deep) }
  }
}

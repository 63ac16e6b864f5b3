import PointModel
import QdrantAPI
import Testing

@Suite struct UpsertTests {
  private func points(_ body: String) throws -> [Point] {
    guard case .upsert(let points, .always) = try decoded(body, RequestDecoder.upsert) else {
      Issue.record("not a plain upsert")
      return []
    }
    return points
  }

  @Test func aListOfPoints() throws {
    let read = try points(
      #"""
      {"points":[
        {"id":18446744073709551615,"vector":[1,-2.5,3e-2],
         "payload":{"b":1,"a":1.0,"b":[ ],"n":null}},
        {"id":"5c56c79369f34fbf87e6c4bf54c28c26","vector":{"text":[0.1],"":[1,2]},"payload":null},
        {"id":"urn:uuid:5c56c793-69f3-4fbf-87e6-c4bf54c28c26","vectors":{},"unknown":1}
      ],"unknown":{}}
      """#)
    let uuid = PointID.uuid(PointUUID(high: 0x5c56_c793_69f3_4fbf, low: 0x87e6_c4bf_54c2_8c26))
    #expect(
      read == [
        Point(
          id: .number(.max), vectors: unnamed([1, -2.5, 0.03]),
          payload: payload(#"{"b":[],"a":1.0,"n":null}"#)),
        Point(
          id: uuid,
          vectors: [
            NamedVector(name: "text", values: [0.1]), NamedVector(name: "", values: [1, 2]),
          ]),
        Point(id: uuid, vectors: []),
      ])
  }

  @Test func duplicateMembersTakeTheLast() throws {
    let read = try points(
      #"{"points":[{"id":1,"id":2,"vector":{"a":[1],"a":[2]},"#
        + #""payload":{"x":1},"payload":{"y":2}}]}"#
    )
    let expected = Point(
      id: .number(2), vectors: [NamedVector(name: "a", values: [2])], payload: payload(#"{"y":2}"#))
    #expect(read == [expected])
  }

  @Test func noPoints() throws {
    #expect(try points(#"{"points":[],"shard_key":null,"update_filter":null}"#).isEmpty)
  }

  @Test func columns() throws {
    let read = try points(
      #"{"batch":{"ids":[1,2],"vectors":[[1],[2]],"payloads":[{"a":1},null]}}"#)
    #expect(
      read == [
        Point(id: .number(1), vectors: unnamed([1]), payload: payload(#"{"a":1}"#)),
        Point(id: .number(2), vectors: unnamed([2])),
      ])
    let named = try points(
      #"{"batch":{"ids":[1,2],"vectors":{"a":[[1],[2]],"b":[[3,4],[5,6]]},"payloads":null}}"#)
    #expect(
      named.map(\.vectors) == [
        [NamedVector(name: "a", values: [1]), NamedVector(name: "b", values: [3, 4])],
        [NamedVector(name: "a", values: [2]), NamedVector(name: "b", values: [5, 6])],
      ])
  }

  @Test(arguments: [
    ("null", UpsertCondition.always), (#""upsert""#, .always), (#""insert_only""#, .insertOnly),
    (#""update_only""#, .updateOnly),
  ])
  func modes(mode: String, condition: UpsertCondition) throws {
    let operation = try decoded(
      #"{"points":[],"update_mode":\#(mode)}"#, RequestDecoder.upsert)
    #expect(operation == .upsert([], condition: condition))
  }

  private static let idText =
    " is not a valid point ID, valid values are either an unsigned integer or a UUID"

  @Test(
    arguments: [
      .format("", "EOF while parsing a value at line 1 column 0"),
      .format("[]", "invalid type: sequence, expected a map"),
      .format("{}", "missing field `points`"),
      .format(#"{"points":{}}"#, "points: invalid type: map, expected a sequence"),
      .format(#"{"points":[1]}"#, "points[0]: invalid type: integer `1`, expected a point"),
      .format(#"{"points":[{"vector":[1]}]}"#, "points[0]: missing field `id`"),
      .format(#"{"points":[{"id":1}]}"#, "points[0]: missing field `vector`"),
      .format(#"{"points":[{"id":-1,"vector":[1]}]}"#, "points[0].id: value -1" + idText),
      .format(#"{"points":[{"id":1.5,"vector":[1]}]}"#, "points[0].id: value 1.5" + idText),
      .format(#"{"points":[{"id":"a\"b","vector":[1]}]}"#, "points[0].id: value a\"b" + idText),
      .format(#"{"points":[{"id":null,"vector":[1]}]}"#, "points[0].id: value null" + idText),
      .format(
        #"{"points":[{"id":1,"vector":[1]},{"id":2,"vector":"a"}]}"#,
        #"points[1].vector: invalid type: string "a", expected a vector"#),
      .format(
        #"{"points":[{"id":1,"vector":[1,"a"]}]}"#,
        #"points[0].vector[1]: invalid type: string "a", expected f32"#),
      .format(
        #"{"points":[{"id":1,"vector":[1,null]}]}"#,
        "points[0].vector[1]: invalid type: null, expected f32"),
      .format(
        #"{"points":[{"id":1,"vector":[1,2,1e39]}]}"#,
        "points[0].vector[2]: number out of range, expected f32"),
      .format(
        #"{"points":[{"id":1,"vector":{"text":[1,-1e39]}}]}"#,
        "points[0].vector.text[1]: number out of range, expected f32"),
      .format(
        #"{"points":[{"id":1,"vector":null}]}"#,
        "points[0].vector: invalid type: null, expected a vector"),
      .format(
        #"{"points":[{"id":1,"vector":[1],"payload":[1]}]}"#,
        "points[0].payload: invalid type: sequence, expected a map"),
      .validation(
        #"{"points":[{"id":1,"vector":[]}]}"#, "points[0].vector: dense vector must not be empty"),
      .validation(
        #"{"points":[{"id":1,"vector":[[1],[]]}]}"#,
        "points[0].vector.data: all vectors must be non-empty"),
      .validation(
        #"{"points":[{"id":1,"vector":{"m":[[1],[2,3]]}}]}"#,
        "points[0].vector.?.data: all vectors must have the same dimension, "
          + "found vector with dimension 2"),
      .format(
        #"{"points":[{"id":1,"vector":[[1],2]}]}"#,
        "points[0].vector[1]: invalid type: integer `2`, expected a vector"),
      .format(
        #"{"points":[{"id":1,"vector":[[1],["x"]]}]}"#,
        #"points[0].vector[1][0]: invalid type: string "x", expected f32"#),
      .format(
        #"{"points":[{"id":1,"vector":[1,[2]]}]}"#,
        "points[0].vector[1]: invalid type: sequence, expected f32"),
      .validation(
        #"{"points":[{"id":1,"vector":{"s":{"indices":[1],"values":[]}}}]}"#,
        "points[0].vector.?.values: Validation error: must be the same length as indices [{}]"),
      .validation(
        #"{"points":[{"id":1,"vector":{"s":{"indices":[1,1],"values":[1,2]}}}]}"#,
        "points[0].vector.?.indices: Validation error: must be unique [{}]"),
      .format(
        #"{"points":[{"id":1,"vector":{"s":{"indices":[-1],"values":[1]}}}]}"#,
        "points[0].vector.s.indices[0]: invalid value: integer `-1`, expected u32"),
      .format(
        #"{"points":[{"id":1,"vector":{"s":{"values":[1]}}}]}"#,
        "points[0].vector.s: missing field `indices`"),
      .format(
        #"{"points":[{"id":1,"vector":{"s":{}}}]}"#,
        "points[0].vector.s: invalid type: map, expected a vector"),
      .badRequest(#"{"points":[],"shard_key":"a"}"#, "`shard_key` is not supported yet"),
      .format(
        #"{"points":[],"update_filter":{"mus":[]}}"#,
        "update_filter: unknown field `mus`, "
          + "expected one of `should`, `min_should`, `must`, `must_not`"),
      .format(
        #"{"points":[],"update_mode":"x"}"#,
        "update_mode: unknown variant `x`, expected one of `upsert`, `insert_only`, `update_only`"),
      .format(#"{"batch":{"vectors":[]}}"#, "batch: missing field `ids`"),
      .format(#"{"batch":{"ids":[]}}"#, "batch: missing field `vectors`"),
      .validation(
        #"{"batch":{"ids":[1,2],"vectors":[[1]]}}"#,
        "batch.vectors: number of ids and vectors must be equal (2 != 1)"),
      .validation(
        #"{"batch":{"ids":[1],"vectors":{"a":[[1]]},"payloads":[]}}"#,
        "batch.payloads: number of ids and payloads must be equal (1 != 0)"),
      .format(
        #"{"batch":{"ids":[1],"vectors":{"a":[[true]]}}}"#,
        "batch.vectors.a[0][0]: invalid type: boolean `true`, expected f32"),
    ] as [Refusal])
  func refusals(refusal: Refusal) {
    refusal.check(RequestDecoder.upsert)
  }

  @Test func longValuesAreCutInErrorTexts() throws {
    let long = String(repeating: "x", count: 5000)
    for body in [#"{"points":[{"id":"\#(long)"}]}"#, #"{"points":[{"id":1,"vector":"\#(long)"}]}"#]
    {
      let error = #expect(throws: RequestError.self) {
        try decoded(body, RequestDecoder.upsert)
      }
      #expect(try #require(error).text.utf8.count < 500)
    }
  }
}

import PointModel
import QdrantAPI
import Testing

@Suite struct UpdateTests {
  private static let ids: PointSelector = .ids([.number(1), .number(2)])
  private static let all: PointSelector = .filter(Filter())

  @Test func deletePoints() throws {
    #expect(try decoded(#"{"points":[1,2]}"#, RequestDecoder.deletePoints) == .delete(Self.ids))
    #expect(
      try decoded(#"{"filter":{"must":[]}}"#, RequestDecoder.deletePoints) == .delete(Self.all))
    #expect(
      try decoded(#"{"filter":{},"points":[1,2]}"#, RequestDecoder.deletePoints)
        == .delete(Self.ids))
  }

  @Test func payloads() throws {
    let merged = Operation.setPayload(payload(#"{"a":1}"#), Self.ids, key: nil)
    #expect(
      try decoded(#"{"payload":{"a":1},"points":[1,2]}"#, RequestDecoder.setPayload) == merged)
    let nested = Operation.setPayload(payload("{}"), Self.all, key: path("a.b"))
    #expect(
      try decoded(#"{"payload":{},"filter":{},"key":"a.b"}"#, RequestDecoder.setPayload) == nested)
    #expect(
      try decoded(
        #"{"payload":{"a":1},"points":[1,2],"key":null}"#, RequestDecoder.overwritePayload)
        == .overwritePayload(payload(#"{"a":1}"#), Self.ids))
    #expect(
      try decoded(#"{"keys":["a","b[].c"],"points":[1,2]}"#, RequestDecoder.deletePayload)
        == .deletePayload(keys: [path("a"), path("b[].c")], Self.ids))
    #expect(try decoded(#"{"filter":{}}"#, RequestDecoder.clearPayload) == .clearPayload(Self.all))
  }

  @Test func vectors() throws {
    #expect(
      try decoded(
        #"{"points":[{"id":1,"vector":[1,2]},{"id":2,"vector":{"a":[3]}}]}"#,
        RequestDecoder.updateVectors)
        == .updateVectors([
          PointVectors(id: .number(1), vectors: unnamed([1, 2])),
          PointVectors(id: .number(2), vectors: [NamedVector(name: "a", values: [3])]),
        ]))
    #expect(
      try decoded(#"{"vector":["a","","a"],"points":[1,2]}"#, RequestDecoder.deleteVectors)
        == .deleteVectors(names: ["a", ""], Self.ids))
  }

  @Test func batchKeepsOrder() throws {
    let operations = try decoded(
      #"""
      {"operations":[
        {"upsert":{"points":[{"id":1,"vector":[1]}]}}, {"delete":{"points":[1,2]}},
        {"set_payload":{"payload":{"a":1},"points":[1,2]}},
        {"overwrite_payload":{"payload":{},"filter":{}}},
        {"delete_payload":{"keys":["a"],"points":[1,2]}}, {"clear_payload":{"points":[1,2]}},
        {"update_vectors":{"points":[{"id":1,"vector":[1]}]}},
        {"delete_vectors":{"vector":[""],"filter":{}}}
      ]}
      """#, RequestDecoder.batch)
    #expect(
      operations == [
        .upsert([Point(id: .number(1), vectors: unnamed([1]))]), .delete(Self.ids),
        .setPayload(payload(#"{"a":1}"#), Self.ids, key: nil),
        .overwritePayload(.empty, Self.all), .deletePayload(keys: [path("a")], Self.ids),
        .clearPayload(Self.ids),
        .updateVectors([PointVectors(id: .number(1), vectors: unnamed([1]))]),
        .deleteVectors(names: [""], Self.all),
      ])
    #expect(try decoded(#"{"operations":[]}"#, RequestDecoder.batch).isEmpty)
  }

  @Test(
    arguments: [
      .format("{}", "missing field `points`"),
      .format("null", "invalid type: null, expected a map"),
      .format(#"{"points":1}"#, "points: invalid type: integer `1`, expected a sequence"),
      .format(#"{"filter":[]}"#, "filter: invalid type: sequence, expected a filter"),
      .badRequest(#"{"points":[1],"shard_key":"a"}"#, "`shard_key` is not supported yet"),
    ] as [Refusal])
  func deleteRefusals(refusal: Refusal) {
    refusal.check(RequestDecoder.deletePoints)
    refusal.check(RequestDecoder.clearPayload)
  }

  @Test(
    arguments: [
      .format(#"{"points":[1]}"#, "missing field `payload`"),
      .format(#"{"payload":null,"points":[1]}"#, "payload: invalid type: null, expected a map"),
      .format(#"{"payload":{}}"#, "Either list of point ids or filter must be provided"),
      .format(#"{"payload":{},"points":[1],"key":"a["}"#, "key: Invalid json path: 'a['"),
    ] as [Refusal])
  func setPayloadRefusals(refusal: Refusal) {
    refusal.check(RequestDecoder.setPayload)
  }

  @Test func theRestRefuses() {
    Refusal.format(#"{"points":[1]}"#, "missing field `keys`").check(RequestDecoder.deletePayload)
    Refusal.format(
      #"{"keys":[1],"points":[1]}"#, "keys[0]: invalid type: integer `1`, expected a string"
    )
    .check(RequestDecoder.deletePayload)
    Refusal.validation(#"{"points":[]}"#, "points: must specify points to update")
      .check(RequestDecoder.updateVectors)
    Refusal.format(#"{"points":[{"id":1}]}"#, "points[0]: missing field `vector`")
      .check(RequestDecoder.updateVectors)
    Refusal.format(
      #"{"points":[{"id":1,"vector":[true]}]}"#,
      "points[0].vector[0]: invalid type: boolean `true`, expected f32"
    ).check(RequestDecoder.updateVectors)
    Refusal.validation(
      #"{"vector":[],"points":[1]}"#, "vector: must specify vector names to delete"
    ).check(RequestDecoder.deleteVectors)
    Refusal.format(#"{"vector":["a"]}"#, "Either list of point ids or filter must be provided")
      .check(RequestDecoder.deleteVectors)
  }

  @Test(
    arguments: [
      .format("{}", "missing field `operations`"),
      .format(
        #"{"operations":[{"create":{}}]}"#,
        "operations[0]: data did not match any variant of untagged enum UpdateOperation"),
      .format(
        #"{"operations":[{"delete":{"points":[]},"clear_payload":{"points":[]}}]}"#,
        "operations[0]: data did not match any variant of untagged enum UpdateOperation"),
      .format(
        #"{"operations":[{"delete":{"points":[]}},{"upsert":{"points":[{"id":1}]}}]}"#,
        "operations[1].upsert.points[0]: missing field `vector`"),
    ] as [Refusal])
  func batchRefusals(refusal: Refusal) {
    refusal.check(RequestDecoder.batch)
  }
}

import FastJSON
import PointModel
import QdrantAPI
import Testing

/// Vectors of every kind, from JSON and to JSON.
@Suite struct VectorValueTests {
  private static func sparse(_ indices: [UInt32], _ values: [Float]) throws -> VectorValue {
    .sparse(try #require(SparseVector(indices: indices, values: values)))
  }

  private static func multi(_ dimension: Int, _ values: [Float]) throws -> VectorValue {
    .multi(try #require(MultiVector(dimension: dimension, values: values)))
  }

  private static func every() throws -> [(json: String, value: VectorValue)] {
    [
      ("[1.0,-0.5]", .dense([1, -0.5])),
      ("[[1.0,2.0],[3.0,4.5]]", try multi(2, [1, 2, 3, 4.5])),
      ("[[0.25]]", try multi(1, [0.25])),
      (
        #"{"indices":[7,4294967295,0],"values":[0.5,-1.0,2.0]}"#,
        try sparse([7, .max, 0], [0.5, -1, 2])
      ),
      (#"{"indices":[],"values":[]}"#, try sparse([], [])),
    ]
  }

  @Test func pointsRoundTrip() throws {
    for (json, value) in try Self.every() {
      let points = [Point(id: .number(1), vectors: [NamedVector(name: "v", value: value)])]
      let body = #"{"points":[{"id":1,"vector":{"v":\#(json)}}]}"#
      #expect(try decoded(body, RequestDecoder.upsert) == .upsert(points))
      let written = ClientRequest.upsert(points)
      #expect(
        String(decoding: written, as: UTF8.self)
          == #"{"points":[{"id":1,"vector":{"v":\#(json)},"payload":{}}]}"#)
      let columns = #"{"batch":{"ids":[1],"vectors":{"v":[\#(json)]}}}"#
      #expect(try decoded(columns, RequestDecoder.upsert) == .upsert(points))
    }
  }

  @Test func queriesRoundTrip() throws {
    for (json, value) in try Self.every() {
      let request = QueryRequest(query: .nearest(.value(value)), using: "v")
      for query in [json, #"{"nearest":\#(json)}"#] {
        #expect(
          try decoded(#"{"query":\#(query),"using":"v"}"#, RequestDecoder.query) == request)
      }
      #expect(try decoded(ClientRequest.query(request), RequestDecoder.query) == request)
      let legacy = #"{"vector":{"name":"v","vector":\#(json)},"limit":10}"#
      #expect(try decoded(legacy, RequestDecoder.search) == request)
    }
  }

  @Test func unnamedMultiVectors() throws {
    let value = try Self.multi(1, [1, 2])
    #expect(
      try decoded(#"{"points":[{"id":1,"vector":[[1],[2]]}]}"#, RequestDecoder.upsert)
        == .upsert([Point(id: .number(1), vectors: [NamedVector(name: "", value: value)])]))
  }

  /// Members called as those of a sparse vector are the names of vectors where names are expected.
  @Test func vectorsNamedLikeMembers() throws {
    let body = #"{"points":[{"id":1,"vector":{"indices":[1],"values":[2]}}]}"#
    #expect(
      try decoded(body, RequestDecoder.upsert)
        == .upsert([
          Point(
            id: .number(1),
            vectors: [
              NamedVector(name: "indices", values: [1]), NamedVector(name: "values", values: [2]),
            ])
        ]))
  }

  @Test func shapes() throws {
    #expect(SparseVector(indices: [1], values: []) == nil)
    #expect(SparseVector(indices: [1, 1], values: [1, 2]) == nil)
    #expect(MultiVector(dimension: 0, values: []) == nil)
    #expect(MultiVector(dimension: 2, values: []) == nil)
    #expect(MultiVector(dimension: 2, values: [1, 2, 3]) == nil)
    let multi = try #require(MultiVector(dimension: 2, values: [1, 2, 3, 4]))
    #expect(multi.count == 2)
    #expect(multi.vectors.map { Array($0) } == [[1, 2], [3, 4]])
    #expect(VectorValue.multi(multi).byteCount == 16)
    #expect(try Self.sparse([1, 2], [1, 2]).byteCount == 16)
  }
}

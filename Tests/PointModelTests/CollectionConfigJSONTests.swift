import FastJSON
import PointModel
import Testing

@Suite struct CollectionConfigJSONTests {
  private func written(_ config: CollectionConfig) -> [UInt8] {
    var writer = JSONWriter()
    config.write(to: &writer)
    return writer.bytes
  }

  private func roundTrip(_ config: CollectionConfig) throws -> CollectionConfig {
    try CollectionConfig(storedJSON: JSONValue(parsing: written(config)))
  }

  private static let params = VectorParams(size: 8, distance: .cosine)

  @Test func defaultsHaveExactlyTheMembersThatClientsKnow() {
    let text = String(
      decoding: written(CollectionConfig(vectors: .unnamed(Self.params))), as: UTF8.self)
    #expect(
      text
        == #"{"params":{"vectors":{"size":8,"distance":"Cosine"},"shard_number":1,"#
        + #""replication_factor":1,"write_consistency_factor":1,"on_disk_payload":true},"#
        + #""hnsw_config":{"m":16,"ef_construct":100,"full_scan_threshold":10000,"#
        + #""max_indexing_threads":0,"on_disk":false},"#
        + #""optimizer_config":{"deleted_threshold":0.2,"vacuum_min_vector_number":1000,"#
        + #""default_segment_number":0,"max_segment_size":null,"memmap_threshold":null,"#
        + #""indexing_threshold":10000,"flush_interval_sec":5,"max_optimization_threads":null,"#
        + #""prevent_unoptimized":null},"#
        + #""wal_config":{"wal_capacity_mb":32,"wal_segments_ahead":0,"wal_retain_closed":1},"#
        + #""quantization_config":null}"#)
  }

  @Test func everyMemberSurvives() throws {
    let config = CollectionConfig(
      vectors: .named([
        NamedVectorParams(name: "", params: Self.params),
        NamedVectorParams(
          name: "size",
          params: VectorParams(
            size: 65536, distance: .manhattan, datatype: .turbo4,
            multivector: MultiVectorParams(),
            settings: ["on_disk": .bool(true), "hnsw_config": .object(["m": .integer(4)])])),
      ]),
      sparseVectors: [
        NamedSparseVectorParams(
          name: "bm25", params: SparseVectorParams(modifier: .idf, datatype: .float16)),
        NamedSparseVectorParams(name: "a"),
      ], shardNumber: 2,
      replicationFactor: 3, writeConsistencyFactor: 2, onDiskPayload: false,
      hnsw: CollectionConfig.defaultHNSW.merging(["m": .integer(32)]),
      quantization: .object(["scalar": .object(["type": .string("int8")])]),
      strictMode: ["enabled": .bool(true)], metadata: ["owner": .null, "n": .double(1)],
      otherParams: ["read_fan_out_factor": .integer(2)])
    #expect(try roundTrip(config) == config)
  }

  @Test func unnamedAndEmptyNameStayApart() throws {
    let unnamed = CollectionConfig(vectors: .unnamed(Self.params))
    let named = CollectionConfig(
      vectors: .named([NamedVectorParams(name: "", params: Self.params)]))
    let none = CollectionConfig(vectors: .named([]), sparseVectors: [])
    #expect(try roundTrip(unnamed) == unnamed)
    #expect(try roundTrip(named) == named)
    #expect(try roundTrip(none) == none)
    #expect(named.vectors[""] == Self.params)
  }

  @Test(arguments: [
    ("[]", "config: expected an object"),
    ("{}", "config.params: expected an object"),
    (#"{"params":{}}"#, "config.params.vectors: expected an object"),
    (
      #"{"params":{"vectors":{"size":0,"distance":"Dot"}}}"#, "vectors.size: 0 is out of range"
    ),
    (#"{"params":{"vectors":{"size":4}}}"#, "vectors.distance: expected a distance"),
    (#"{"params":{"vectors":{"a":1}}}"#, "vectors.a: expected an object"),
    (
      #"{"params":{"vectors":{"size":4,"distance":"Dot","datatype":"f64"}}}"#,
      "vectors.datatype: expected a datatype"
    ),
    (
      #"{"params":{"vectors":{"size":4,"distance":"Dot","multivector_config":{}}}}"#,
      "vectors.multivector_config.comparator: expected a comparator"
    ),
    (
      #"{"params":{"vectors":{},"sparse_vectors":{"a":{"modifier":1}}}}"#,
      "sparse_vectors.a.modifier: expected a modifier"
    ),
    (
      #"{"params":{"vectors":{},"sparse_vectors":{"a":{"index":{"datatype":"turbo4"}}}}}"#,
      "sparse_vectors.a.index.datatype: expected a datatype"
    ),
    (
      #"{"params":{"vectors":{},"shard_number":"1"}}"#,
      "config.params.shard_number: expected an integer"
    ),
  ])
  func damageIsNamed(json: String, text: String) throws {
    let value = try JSONValue(parsing: Array(json.utf8))
    #expect(throws: StoredConfigError(text)) { try CollectionConfig(storedJSON: value) }
  }
}

import FastJSON
import PointModel
import QdrantAPI
import Testing

@Suite struct CollectionConfigTests {
  private func config(_ body: String) throws -> CollectionConfig {
    try decoded(body, RequestDecoder.createCollection)
  }

  private static let params = VectorParams(size: 8, distance: .cosine)

  @Test func oneVector() throws {
    #expect(
      try config(#"{"vectors":{"size":8,"distance":"Cosine"}}"#)
        == CollectionConfig(vectors: .unnamed(Self.params)))
  }

  @Test func vectorsByName() throws {
    #expect(
      try config(#"{"vectors":{"":{"size":8,"distance":"Cosine"}},"sparse_vectors":{}}"#)
        == CollectionConfig(
          vectors: .named([NamedVectorParams(name: "", params: Self.params)]),
          sparseVectors: .init()))
    #expect(
      try config(
        #"{"vectors":{"b":{"size":1,"distance":"Dot"},"a":{"size":65536,"distance":"Euclid"}}}"#
      ).vectors
        == .named([
          NamedVectorParams(name: "b", params: VectorParams(size: 1, distance: .dot)),
          NamedVectorParams(name: "a", params: VectorParams(size: 65536, distance: .euclid)),
        ]))
    for body in ["{}", #"{"vectors":{}}"#, #"{"vectors":null}"#] {
      #expect(try config(body) == CollectionConfig(vectors: .named([])))
    }
  }

  @Test func settingsMergeWithDefaults() throws {
    let config = try config(
      #"""
      {"vectors":{"size":8,"distance":"Manhattan","on_disk":true,"datatype":"float32",
         "hnsw_config":{"m":0,"payload_m":16,"on_disk":null},"multivector_config":null,
         "quantization":{"scalar":{"type":"int8","quantile":0.99,"always_ram":true}},
         "memory":"cached"},
       "sparse_vectors":{"bm25":{"modifier":"idf","index":{"on_disk":true,"x":1}},"s":{},"n":null},
       "shard_number":2,"replication_factor":3,"write_consistency_factor":4,
       "on_disk_payload":false,"sharding_method":"auto","payload":{"memory":"cold"},
       "hnsw_config":{"ef_construct":64,"inline_storage":true,"unknown":1},
       "wal_config":{"wal_capacity_mb":1},
       "optimizers_config":{"indexing_threshold_kb":5,"max_optimization_threads":"auto",
         "deleted_threshold":0.5,"prevent_unoptimized":false},
       "quantization_config":{"product":{"compression":"x16"}},
       "strict_mode_config":{"enabled":true,"max_query_limit":10,"read_rate_limit":null,
         "sparse_config":{"s":{"max_length":5}}},
       "metadata":{"owner":"me","n":null},"init_from":null,"unknown":[1]}
      """#)
    #expect(
      config
        == CollectionConfig(
          vectors: .unnamed(
            VectorParams(
              size: 8, distance: .manhattan, datatype: .float32,
              settings: [
                "on_disk": .bool(true),
                "hnsw_config": .object(["m": .integer(0), "payload_m": .integer(16)]),
                "quantization_config": .object([
                  "scalar": .object([
                    "type": .string("int8"), "quantile": .double(0.99), "always_ram": .bool(true),
                  ])
                ]), "memory": .string("cached"),
              ])),
          sparseVectors: [
            NamedSparseVectorParams(
              name: "bm25",
              params: SparseVectorParams(settings: [
                "modifier": .string("idf"), "index": .object(["on_disk": .bool(true)]),
              ])), NamedSparseVectorParams(name: "s"), NamedSparseVectorParams(name: "n"),
          ],
          shardNumber: 2, replicationFactor: 3, writeConsistencyFactor: 4, onDiskPayload: false,
          hnsw: CollectionConfig.defaultHNSW.merging([
            "ef_construct": .integer(64), "inline_storage": .bool(true),
          ]),
          optimizers: CollectionConfig.defaultOptimizers.merging([
            "indexing_threshold": .integer(5), "deleted_threshold": .double(0.5),
            "prevent_unoptimized": .bool(false),
          ]), wal: CollectionConfig.defaultWAL.merging(["wal_capacity_mb": .integer(1)]),
          quantization: .object(["product": .object(["compression": .string("x16")])]),
          strictMode: [
            "enabled": .bool(true), "max_query_limit": .integer(10),
            "sparse_config": .object(["s": .object(["max_length": .integer(5)])]),
          ], metadata: ["owner": .string("me"), "n": .null],
          otherParams: [
            "sharding_method": .string("auto"), "payload": .object(["memory": .string("cold")]),
          ]))
  }

  @Test func datatypesAndMultivectors() throws {
    for datatype in VectorDatatype.allCases {
      #expect(
        try config(
          #"""
          {"vectors":{"a":{"size":8,"distance":"Dot","datatype":"\#(datatype.rawValue)",
             "multivector_config":{"comparator":"max_sim"}}}}
          """#
        ).vectors["a"]
          == VectorParams(
            size: 8, distance: .dot, datatype: datatype, multivector: MultiVectorParams()))
    }
    let sparse = try config(
      #"""
      {"sparse_vectors":{"s":{"modifier":"idf",
         "index":{"full_scan_threshold":7,"memory":"cold","datatype":"float16"}},"t":{}}}
      """#)
    #expect(sparse.vectors == .named([]))
    #expect(sparse.sparseVectors.map(\.name) == ["s", "t"])
    let params = try #require(sparse.sparseVector(named: "s"))
    #expect(params.modifier == .idf)
    #expect(params.datatype == .float16)
    #expect(params.fullScanThreshold == 7)
    #expect(params.isOnDisk)
    #expect(sparse.sparseVector(named: "t")?.modifier == SparseVectorParams.Modifier.none)
    #expect(sparse.sparseVector(named: "t")?.datatype == .float32)
  }

  private static func vector(_ settings: String) -> String {
    #"{"vectors":{"size":8,"distance":"Dot",\#(settings)}}"#
  }

  private static let long = String(repeating: "é", count: 101)

  @Test(
    arguments: [
      .format("[]", "invalid type: sequence, expected a map"),
      .format(#"{"vectors":1}"#, "vectors: invalid type: integer `1`, expected vector parameters"),
      .format(#"{"vectors":{"size":8}}"#, "vectors: missing field `distance`"),
      .format(#"{"vectors":{"distance":"Dot"}}"#, "vectors: missing field `size`"),
      .format(#"{"vectors":{"a":{"size":8}}}"#, "vectors.a: missing field `distance`"),
      .validation(
        #"{"vectors":{"size":65537,"distance":"Dot"}}"#,
        "vectors.size: value 65537 invalid, must be from 1 to 65536"),
      .validation(
        #"{"vectors":{"a":{"size":0,"distance":"Dot"}}}"#,
        "vectors.a.size: value 0 invalid, must be from 1 to 65536"),
      .format(
        #"{"vectors":{"size":-8,"distance":"Dot"}}"#,
        "vectors.size: invalid value: integer `-8`, expected usize"),
      .format(
        #"{"vectors":{"size":8,"distance":"L2"}}"#,
        "vectors.distance: unknown variant `L2`, expected one of "
          + "`Cosine`, `Dot`, `Euclid`, `Manhattan`"),
      .format(
        vector(#""datatype":"f64""#),
        "vectors.datatype: unknown variant `f64`, expected one of "
          + "`float32`, `uint8`, `float16`, `turbo4`"),
      .format(
        vector(#""multivector_config":{}"#),
        "vectors.multivector_config: missing field `comparator`"),
      .format(
        vector(#""multivector_config":{"comparator":"min"}"#),
        "vectors.multivector_config.comparator: unknown variant `min`, expected `max_sim`"),
      .validation(
        vector(#""memory":"pinned""#),
        "vectors.memory: `pinned` memory placement is not supported for dense vector storage"),
      .validation(
        vector(#""hnsw_config":{"ef_construct":3}"#),
        "vectors.hnsw_config.ef_construct: value 3 invalid, must be 4 or larger"),
      .format(
        vector(#""quantization_config":{"scalar":{}}"#),
        "vectors.quantization_config.scalar: missing field `type`"),
      .validation(
        #"{"shard_number":0}"#, "shard_number: value 0 invalid, must be 1 or larger"),
      .format(
        #"{"shard_number":4294967296}"#,
        "shard_number: invalid value: integer `4294967296`, expected u32"),
      .format(
        #"{"on_disk_payload":"yes"}"#,
        #"on_disk_payload: invalid type: string "yes", expected a boolean"#),
      .validation(
        #"{"hnsw_config":{"full_scan_threshold":9}}"#,
        "hnsw_config.full_scan_threshold: value 9 invalid, must be 10 or larger"),
      .format(
        #"{"hnsw_config":{"m":"16"}}"#, #"hnsw_config.m: invalid type: string "16", expected usize"#
      ),
      .validation(
        #"{"optimizers_config":{"deleted_threshold":1.5}}"#,
        "optimizers_config.deleted_threshold: value 1.5 invalid, must be from 0.0 to 1.0"),
      .validation(
        #"{"wal_config":{"wal_capacity_mb":0}}"#,
        "wal_config.wal_capacity_mb: value 0 invalid, must be 1 or larger"),
      .format(
        #"{"quantization_config":{"x":{}}}"#,
        "quantization_config: data did not match any variant of untagged enum QuantizationConfig"),
      .format(
        #"{"quantization_config":{"product":{"compression":"x3"}}}"#,
        "quantization_config.product.compression: unknown variant `x3`, expected one of "
          + "`x4`, `x8`, `x16`, `x32`, `x64`"),
      .validation(
        #"{"strict_mode_config":{"max_resident_memory_percent":101}}"#,
        "strict_mode_config.max_resident_memory_percent: "
          + "value 101 invalid, must be from 1 to 100"),
      .format(
        #"{"sparse_vectors":{"a":{"modifier":"x"}}}"#,
        "sparse_vectors.a.modifier: unknown variant `x`, expected one of `none`, `idf`"),
      .format(
        #"{"sparse_vectors":{"a":{"index":{"datatype":"x"}}}}"#,
        "sparse_vectors.a.index.datatype: unknown variant `x`, expected one of "
          + "`float32`, `uint8`, `float16`, `turbo4`"),
      .validation(
        #"{"sparse_vectors":{"a":{"index":{"datatype":"turbo4"}}}}"#,
        "sparse_vectors.a.index.datatype: "
          + "sparse vectors do not support the `turbo4` datatype"),
      .wrongInput(
        #"{"sparse_vectors":{"":{}}}"#, "Sparse vector name cannot be empty"),
      .wrongInput(
        #"{"vectors":{"a":{"size":1,"distance":"Dot"}},"sparse_vectors":{"b":{},"a":{}}}"#,
        "Dense and sparse vector names must be unique - duplicate found with 'a'"),
      .wrongInput(
        #"{"vectors":{"a/b":{"size":1,"distance":"Dot"}}}"#,
        #"Invalid dense vector name `a/b`: vector name cannot contain "/" char"#),
      .wrongInput(
        #"{"sparse_vectors":{"\#(long)":{}}}"#,
        "Invalid sparse vector name `\(long)`: vector name must be at most 200 bytes long"),
      .badRequest(
        #"{"init_from":{"collection":"x"}}"#, "init_from: this field is not supported yet"),
      .badRequest(
        #"{"sharding_method":"custom"}"#,
        "sharding_method: sharding method `custom` is not supported yet"),
      .format(#"{"metadata":[]}"#, "metadata: invalid type: sequence, expected a map"),
    ] as [Refusal])
  func refusals(refusal: Refusal) {
    refusal.check(RequestDecoder.createCollection)
  }

  @Test func changes() throws {
    #expect(
      try decoded(
        #"""
        {"params":{"replication_factor":2,"write_consistency_factor":null,"on_disk_payload":true,
           "read_fan_out_factor":3},
         "vectors":{"":{"hnsw_config":{"m":8},"quantization_config":"Disabled","on_disk":true}},
         "sparse_vectors":{"s":{"index":{"on_disk":true}}},"hnsw_config":{"m":32},
         "optimizers_config":{"flush_interval_sec":1},"quantization_config":{"binary":{}},
         "strict_mode_config":{"enabled":false},"metadata":{"a":null}}
        """#, RequestDecoder.updateCollection)
        == CollectionConfigChange(
          replicationFactor: 2, onDiskPayload: true,
          otherParams: ["read_fan_out_factor": .integer(3)], hnsw: ["m": .integer(32)],
          optimizers: ["flush_interval_sec": .integer(1)],
          quantization: .enabled(.object(["binary": .object([:])])),
          vectors: [
            VectorParamsChange(
              name: "", hnsw: ["m": .integer(8)], quantization: .disabled,
              settings: ["on_disk": .bool(true)])
          ], sparseVectors: ["s": .object(["index": .object(["on_disk": .bool(true)])])],
          strictMode: ["enabled": .bool(false)], metadata: ["a": .null]))
    #expect(
      try decoded(
        #"{"params":null,"vectors":null,"quantization_config":null,"x":1}"#,
        RequestDecoder.updateCollection) == CollectionConfigChange())
    #expect(
      try decoded(#"{"quantization_config":"Disabled"}"#, RequestDecoder.updateCollection)
        == CollectionConfigChange(quantization: .disabled))
  }

  @Test(
    arguments: [
      .validation(
        #"{"params":{"replication_factor":0}}"#,
        "params.replication_factor: value 0 invalid, must be 1 or larger"),
      .format(
        #"{"quantization_config":"Enabled"}"#,
        #"quantization_config: invalid type: string "Enabled", expected a quantization"#),
      .validation(
        #"{"vectors":{"a":{"hnsw_config":{"ef_construct":0}}}}"#,
        "vectors.a.hnsw_config.ef_construct: value 0 invalid, must be 4 or larger"),
      .validation(
        #"{"vectors":{"a":{"memory":"pinned"}}}"#,
        "vectors.a.memory: `pinned` memory placement is not supported for dense vector storage"),
      .validation(
        #"{"optimizers_config":{"vacuum_min_vector_number":99}}"#,
        "optimizers_config.vacuum_min_vector_number: value 99 invalid, must be 100 or larger"),
    ] as [Refusal])
  func changeRefusals(refusal: Refusal) {
    refusal.check(RequestDecoder.updateCollection)
  }
}

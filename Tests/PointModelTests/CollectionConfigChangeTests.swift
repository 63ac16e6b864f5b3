import FastJSON
import PointModel
import Testing

@Suite struct CollectionConfigChangeTests {
  private func config() -> CollectionConfig {
    CollectionConfig(
      vectors: .named([
        NamedVectorParams(
          name: "text",
          params: VectorParams(
            size: 4, distance: .dot,
            settings: [
              "on_disk": .bool(false), "hnsw_config": .object(["m": .integer(8)]),
              "quantization_config": .object(["binary": .object([:])]),
            ]))
      ]),
      sparseVectors: [
        NamedSparseVectorParams(
          name: "bm25",
          params: SparseVectorParams(settings: ["index": .object(["on_disk": .bool(true)])]))
      ], quantization: .object(["turbo": .object([:])]),
      strictMode: ["enabled": .bool(false)], metadata: ["a": .integer(1), "b": .integer(2)])
  }

  @Test func nothingChangesNothing() throws {
    var changed = config()
    try changed.apply(CollectionConfigChange())
    #expect(changed == config())
  }

  @Test func everyPartChanges() throws {
    var changed = config()
    try changed.apply(
      CollectionConfigChange(
        replicationFactor: 2, writeConsistencyFactor: 3, onDiskPayload: false,
        otherParams: ["read_fan_out_factor": .integer(1)], hnsw: ["m": .integer(0)],
        optimizers: ["indexing_threshold": .integer(1)], quantization: .disabled,
        vectors: [
          VectorParamsChange(
            name: "text", hnsw: ["ef_construct": .integer(50)], quantization: .disabled,
            settings: ["on_disk": .bool(true)])
        ],
        sparseVectors: [
          "bm25": .object([
            "modifier": .string("idf"),
            "index": .object(["full_scan_threshold": .integer(5)]),
          ])
        ],
        strictMode: ["max_timeout": .integer(5)],
        metadata: ["b": .null, "c": .string("x"), "d": .null]))
    #expect(changed.replicationFactor == 2)
    #expect(changed.writeConsistencyFactor == 3)
    #expect(!changed.onDiskPayload)
    #expect(changed.otherParams == ["read_fan_out_factor": .integer(1)])
    #expect(changed.hnsw["m"] == .integer(0))
    #expect(changed.hnsw["ef_construct"] == .integer(100))
    #expect(changed.optimizers["indexing_threshold"] == .integer(1))
    #expect(changed.quantization == nil)
    #expect(
      changed.vectors["text"]?.settings == [
        "on_disk": .bool(true),
        "hnsw_config": .object(["m": .integer(8), "ef_construct": .integer(50)]),
      ])
    #expect(
      changed.sparseVector(named: "bm25")?.settings == [
        "index": .object(["on_disk": .bool(true), "full_scan_threshold": .integer(5)]),
        "modifier": .string("idf"),
      ])
    #expect(changed.strictMode == ["enabled": .bool(false), "max_timeout": .integer(5)])
    #expect(changed.metadata == ["a": .integer(1), "c": .string("x")])
  }

  @Test func unknownVectorsChangeNothing() {
    var changed = config()
    #expect(throws: ConfigChangeError.unknownVector("image")) {
      try changed.apply(
        CollectionConfigChange(
          replicationFactor: 9, vectors: [VectorParamsChange(name: "image")]))
    }
    #expect(throws: ConfigChangeError.unknownSparseVector("x")) {
      try changed.apply(CollectionConfigChange(sparseVectors: ["x": .object([:])]))
    }
    #expect(changed == config())
  }

  @Test func theUnnamedVectorHasAnEmptyName() throws {
    var changed = CollectionConfig(vectors: .unnamed(VectorParams(size: 4, distance: .dot)))
    let quantization = JSONValue.object(["binary": .object([:])])
    try changed.apply(
      CollectionConfigChange(
        vectors: [VectorParamsChange(name: "", quantization: .enabled(quantization))]))
    #expect(
      changed.vectors
        == .unnamed(
          VectorParams(
            size: 4, distance: .dot, settings: ["quantization_config": quantization])))
  }
}

import DataTransfer
import FastJSON
import Testing

@Suite struct CollectionBlueprintTests {
  static let info = """
    {"status":"green","points_count":3,"config":{"params":{
    "vectors":{"text":{"size":4,"distance":"Cosine","on_disk":true}},
    "sparse_vectors":{"words":{"modifier":"idf"}},"shard_number":1,"replication_factor":1,
    "write_consistency_factor":1,"on_disk_payload":true,"read_fan_out_factor":2},
    "hnsw_config":{"m":20},"optimizer_config":{"indexing_threshold":5},"wal_config":{"x":1},
    "quantization_config":null,"metadata":{"owner":"me"}},
    "payload_schema":{"city":{"data_type":"keyword","points":3},
    "text":{"data_type":"text","params":{"type":"text","tokenizer":"word"},"points":1}}}
    """

  private func blueprint(_ json: String = info) throws -> CollectionBlueprint {
    try CollectionBlueprint(describedBy: JSONDocument(parsing: Array(json.utf8)).root)
  }

  @Test func `a description gives the body of a creation`() throws {
    let made = try blueprint()
    let expected = try JSONValue(
      parsing: Array(
        """
        {"vectors":{"text":{"size":4,"distance":"Cosine","on_disk":true}},
        "sparse_vectors":{"words":{"modifier":"idf"}},"shard_number":1,"replication_factor":1,
        "write_consistency_factor":1,"on_disk_payload":true,"hnsw_config":{"m":20},
        "optimizers_config":{"indexing_threshold":5},"wal_config":{"x":1},
        "metadata":{"owner":"me"}}
        """.utf8))
    #expect(JSONValue.object(made.configuration) == expected)
    #expect(made.indexes.map(\.field) == ["city", "text"])
    #expect(made.indexes[0].schema == .string("keyword"))
    #expect(
      made.indexes[1].schema == .object(["type": .string("text"), "tokenizer": .string("word")]))
    #expect(made.isNormalized)
  }

  @Test func `it is read back as it was written`() throws {
    let made = try blueprint()
    #expect(try CollectionBlueprint(json: made.json) == made)
    #expect(throws: TransferError.self) { try CollectionBlueprint(json: .object([:])) }
  }

  @Test func `only size, distance, datatype, kind and names decide whether points fit`() throws {
    let other = Self.info.replacing(#""on_disk":true"#, with: #""datatype":"float32""#)
    #expect(try blueprint(other).vectors == blueprint().vectors)
    for (old, new) in [
      (#""size":4"#, #""size":5"#), ("Cosine", "Dot"), ("words", "terms"),
      (#""text":{"s"#, #""t":{"s"#),
      (#""on_disk":true"#, #""datatype":"uint8""#),
      (#""on_disk":true"#, #""multivector_config":{"comparator":"max_sim"}"#),
    ] {
      #expect(try blueprint(Self.info.replacing(old, with: new)).vectors != blueprint().vectors)
    }
    #expect(try !blueprint(Self.info.replacing("Cosine", with: "Dot")).isNormalized)
  }
}

/// The messages that configure collections, by their names in the protocol.
extension SettingsMessage {
  static let createCollection = SettingsMessage([
    Field(4, "hnsw_config", .message { hnswConfig }),
    Field(5, "wal_config", .message { walConfig }),
    Field(6, "optimizers_config", .message { optimizersConfig }),
    Field(7, "shard_number", .unsigned),
    Field(8, "on_disk_payload", .bool),
    Field(10, "vectors", .message { vectorsConfig }),
    Field(11, "replication_factor", .unsigned),
    Field(12, "write_consistency_factor", .unsigned),
    Field(14, "quantization_config", .message { quantizationConfig }),
    Field(15, "sharding_method", .choice(shardingMethods)),
    Field(16, "sparse_vectors", .message { sparseVectorConfig }),
    Field(17, "strict_mode_config", .message { strictModeConfig }),
    Field(18, "metadata", .values),
    Field(19, "payload", .message { payloadStorage }),
  ])

  static let updateCollection = SettingsMessage([
    Field(2, "optimizers_config", .message { optimizersConfig }),
    Field(4, "params", .message { collectionParamsChange }),
    Field(5, "hnsw_config", .message { hnswConfig }),
    Field(6, "vectors", .message { vectorsConfigChange }),
    Field(7, "quantization_config", .message { quantizationChange }),
    Field(8, "sparse_vectors", .message { sparseVectorConfig }),
    Field(9, "strict_mode_config", .message { strictModeConfig }),
    Field(10, "metadata", .values),
  ])

  /// What a description of a collection tells of its configuration.
  static let collectionConfig = SettingsMessage([
    Field(1, "params", .message { collectionParams }),
    Field(2, "hnsw_config", .message { hnswConfig }),
    Field(3, "optimizer_config", .message { optimizersConfig }),
    Field(4, "wal_config", .message { walConfig }),
    Field(5, "quantization_config", .message { quantizationConfig }),
    Field(6, "strict_mode_config", .message { strictModeConfig }),
    Field(7, "metadata", .values),
  ])

  private static let collectionParams = SettingsMessage([
    Field(3, "shard_number", .unsigned),
    Field(4, "on_disk_payload", .bool),
    Field(5, "vectors", .message { vectorsConfig }),
    Field(6, "replication_factor", .unsigned),
    Field(7, "write_consistency_factor", .unsigned),
    Field(8, "read_fan_out_factor", .unsigned),
    Field(9, "sharding_method", .choice(shardingMethods)),
    Field(10, "sparse_vectors", .message { sparseVectorConfig }),
    Field(11, "read_fan_out_delay_ms", .unsigned),
    Field(12, "payload", .message { payloadStorage }),
  ])

  private static let collectionParamsChange = SettingsMessage([
    Field(1, "replication_factor", .unsigned),
    Field(2, "write_consistency_factor", .unsigned),
    Field(3, "on_disk_payload", .bool),
    Field(4, "read_fan_out_factor", .unsigned),
    Field(5, "read_fan_out_delay_ms", .unsigned),
    Field(6, "payload", .message { payloadStorage }),
  ])

  private static let payloadStorage = SettingsMessage([Field(1, "memory", .choice(memories))])

  private static let hnswConfig = SettingsMessage([
    Field(1, "m", .unsigned),
    Field(2, "ef_construct", .unsigned),
    Field(3, "full_scan_threshold", .unsigned),
    Field(4, "max_indexing_threads", .unsigned),
    Field(5, "on_disk", .bool),
    Field(6, "payload_m", .unsigned),
    Field(7, "inline_storage", .bool),
    Field(8, "memory", .choice(memories)),
  ])

  private static let walConfig = SettingsMessage([
    Field(1, "wal_capacity_mb", .unsigned),
    Field(2, "wal_segments_ahead", .unsigned),
    Field(3, "wal_retain_closed", .unsigned),
  ])

  private static let optimizersConfig = SettingsMessage([
    Field(1, "deleted_threshold", .double),
    Field(2, "vacuum_min_vector_number", .unsigned),
    Field(3, "default_segment_number", .unsigned),
    Field(4, "max_segment_size", .unsigned),
    Field(5, "memmap_threshold", .unsigned),
    Field(6, "indexing_threshold", .unsigned),
    Field(7, "flush_interval_sec", .unsigned),
    Field(8, "max_optimization_threads", .unsigned),
    Field(9, "max_optimization_threads", .message { optimizationThreads }),
    Field(10, "prevent_unoptimized", .bool),
  ])

  private static let optimizationThreads = SettingsMessage(
    .wrapper { if case .string = $0 { 2 } else { 1 } },
    [Field(1, "value", .unsigned), Field(2, "setting", .choice(["auto"]))])

  private static let shardingMethods = ["auto", "custom"]
  static let memories = ["", "cold", "cached", "pinned"]
}

/// The messages that configure vectors.
extension SettingsMessage {
  private static let vectorsConfig = SettingsMessage(
    .wrapper { shape in
      if case .object(let keys) = shape, keys.contains("size"), keys.contains("distance") {
        1
      } else {
        2
      }
    },
    [
      Field(1, "params", .message { vectorParams }),
      Field(2, "params_map", .message { .wrapper(1, .map { vectorParams }) }),
    ])

  private static let vectorsConfigChange = SettingsMessage(
    .wrapper { if case .object(let keys) = $0, keys == [""] { 1 } else { 2 } },
    [
      Field(1, "params", .unnamed { vectorParamsChange }),
      Field(2, "params_map", .message { .wrapper(1, .map { vectorParamsChange }) }),
    ])

  private static let vectorParams = SettingsMessage([
    Field(1, "size", .unsigned),
    Field(2, "distance", .choice(["", "Cosine", "Euclid", "Dot", "Manhattan"])),
    Field(3, "hnsw_config", .message { hnswConfig }),
    Field(4, "quantization_config", .message { quantizationConfig }),
    Field(5, "on_disk", .bool),
    Field(6, "datatype", .choice(datatypes)),
    Field(7, "multivector_config", .message { multivectorConfig }),
    Field(8, "memory", .choice(memories)),
  ])

  private static let vectorParamsChange = SettingsMessage([
    Field(1, "hnsw_config", .message { hnswConfig }),
    Field(2, "quantization_config", .message { quantizationChange }),
    Field(3, "on_disk", .bool),
    Field(4, "memory", .choice(memories)),
  ])

  private static let multivectorConfig = SettingsMessage([
    Field(1, "comparator", .choice(["max_sim"]), isImplicit: true)
  ])

  private static let sparseVectorConfig = wrapper(1, .map { sparseVectorParams })

  private static let sparseVectorParams = SettingsMessage([
    Field(1, "index", .message { sparseIndexConfig }),
    Field(2, "modifier", .choice(modifiers)),
  ])

  private static let sparseIndexConfig = SettingsMessage([
    Field(1, "full_scan_threshold", .unsigned),
    Field(2, "on_disk", .bool),
    Field(3, "datatype", .choice(datatypes)),
    Field(4, "memory", .choice(memories)),
  ])

  /// The parameters of a dense vector that is added to a collection.
  static let denseVectorCreation = SettingsMessage([
    Field(1, "size", .unsigned),
    Field(2, "distance", .choice(["", "Cosine", "Euclid", "Dot", "Manhattan"])),
    Field(3, "multivector_config", .message { multivectorConfig }),
    Field(4, "datatype", .choice(datatypes)),
  ])

  /// The parameters of a sparse vector that is added to a collection.
  static let sparseVectorCreation = SettingsMessage([
    Field(1, "modifier", .choice(modifiers)),
    Field(2, "datatype", .choice(datatypes)),
  ])

  private static let datatypes = ["", "float32", "uint8", "float16", "turbo4"]
  private static let modifiers = ["none", "idf"]
}

/// The messages of quantization, which has its parameters under the name of its kind.
extension SettingsMessage {
  private static let quantizationConfig = SettingsMessage([
    Field(1, "scalar", .message { scalarQuantization }),
    Field(2, "product", .message { productQuantization }),
    Field(3, "binary", .message { binaryQuantization }),
    Field(4, "turbo", .message { turboQuantization }),
  ])

  private static let quantizationChange = SettingsMessage([
    Field(1, "scalar", .message { scalarQuantization }),
    Field(2, "product", .message { productQuantization }),
    Field(3, "", .name("Disabled")),
    Field(4, "binary", .message { binaryQuantization }),
    Field(5, "turbo", .message { turboQuantization }),
  ])

  private static let scalarQuantization = SettingsMessage([
    Field(1, "type", .choice(["", "int8"])),
    Field(2, "quantile", .float),
    Field(3, "always_ram", .bool),
    Field(4, "memory", .choice(memories)),
  ])

  private static let productQuantization = SettingsMessage([
    Field(1, "compression", .choice(["x4", "x8", "x16", "x32", "x64"]), isImplicit: true),
    Field(2, "always_ram", .bool),
    Field(3, "memory", .choice(memories)),
  ])

  private static let binaryQuantization = SettingsMessage([
    Field(1, "always_ram", .bool),
    Field(2, "encoding", .choice(["one_bit", "two_bits", "one_and_half_bits"])),
    Field(3, "query_encoding", .message { binaryQueryEncoding }),
    Field(4, "memory", .choice(memories)),
  ])

  private static let binaryQueryEncoding = wrapper(
    4, .choice(["default", "binary", "scalar4bits", "scalar8bits"]))

  private static let turboQuantization = SettingsMessage([
    Field(1, "always_ram", .bool),
    Field(2, "bits", .choice(["bits1", "bits1_5", "bits2", "bits4"])),
    Field(3, "memory", .choice(memories)),
  ])
}

/// The messages of strict mode.
extension SettingsMessage {
  private static let strictModeConfig = SettingsMessage([
    Field(1, "enabled", .bool),
    Field(2, "max_query_limit", .unsigned),
    Field(3, "max_timeout", .unsigned),
    Field(4, "unindexed_filtering_retrieve", .bool),
    Field(5, "unindexed_filtering_update", .bool),
    Field(6, "search_max_hnsw_ef", .unsigned),
    Field(7, "search_allow_exact", .bool),
    Field(8, "search_max_oversampling", .float),
    Field(9, "upsert_max_batchsize", .unsigned),
    Field(10, "max_collection_vector_size_bytes", .unsigned),
    Field(11, "read_rate_limit", .unsigned),
    Field(12, "write_rate_limit", .unsigned),
    Field(13, "max_collection_payload_size_bytes", .unsigned),
    Field(14, "filter_max_conditions", .unsigned),
    Field(15, "condition_max_size", .unsigned),
    Field(16, "multivector_config", .message { .wrapper(1, .map { strictMultivector }) }),
    Field(17, "sparse_config", .message { .wrapper(1, .map { strictSparse }) }),
    Field(18, "max_points_count", .unsigned),
    Field(19, "max_payload_index_count", .unsigned),
    Field(20, "search_max_batchsize", .unsigned),
    Field(21, "max_resident_memory_percent", .unsigned),
  ])

  private static let strictMultivector = SettingsMessage([Field(1, "max_vectors", .unsigned)])
  private static let strictSparse = SettingsMessage([Field(10, "max_length", .unsigned)])
}

import PointModel

extension SettingsSchema {
  /// Of our own: how the inverted-file index is built and asked.
  static let ivf = SettingsSchema([
    "lists": .integer(from: 1, through: 1 << 20),
    "recall_target": .number(from: 0.5, through: 1),
  ])

  static let hnsw = SettingsSchema(
    [
      "m": .integer(), "ef_construct": .integer(from: 4),
      "full_scan_threshold": .integer(from: 10), "max_indexing_threads": .integer(),
      "on_disk": .bool, "memory": .memory(pinnable: true), "payload_m": .integer(),
      "inline_storage": .bool,
    ], aliases: ["full_scan_threshold_kb": "full_scan_threshold"])

  static let optimizers = SettingsSchema(
    [
      "deleted_threshold": .number(from: 0, through: 1),
      "vacuum_min_vector_number": .integer(from: 100), "default_segment_number": .integer(),
      "max_segment_size": .integer(from: 1), "memmap_threshold": .integer(),
      "indexing_threshold": .integer(), "flush_interval_sec": .integer(),
      "max_optimization_threads": .threads, "prevent_unoptimized": .bool,
    ],
    aliases: [
      "max_segment_size_kb": "max_segment_size", "memmap_threshold_kb": "memmap_threshold",
      "indexing_threshold_kb": "indexing_threshold",
    ])

  static let wal = SettingsSchema([
    "wal_capacity_mb": .integer(from: 1), "wal_segments_ahead": .integer(),
    "wal_retain_closed": .integer(),
  ])

  /// The members of `params` beyond those with a field of their own.
  static let otherParams = SettingsSchema([
    "read_fan_out_factor": .integer(from: 0, through: nil, .u32),
    "read_fan_out_delay_ms": .integer(),
    "payload": .object(SettingsSchema(["memory": .memory(pinnable: false)])),
  ])

  /// What a dense vector carries beyond size and distance.
  static let vector = SettingsSchema(
    [
      "hnsw_config": .object(hnsw), "quantization_config": .quantization, "on_disk": .bool,
      "memory": .memory(pinnable: false),
    ], aliases: ["quantization": "quantization_config"])

  /// What may change of a dense vector, apart from graph and quantization.
  static let vectorChange = SettingsSchema([
    "on_disk": .bool, "memory": .memory(pinnable: false),
  ])

  /// What is beyond a multivector's being one.
  static let multivector = SettingsSchema(
    ["comparator": .choice(MultiVectorParams.Comparator.allCases.map(\.rawValue))],
    required: ["comparator"])

  /// What a sparse vector says of itself that is added to a collection.
  static let newSparseVector = SettingsSchema([
    "modifier": .choice(SparseVectorParams.Modifier.allCases.map(\.rawValue)),
    "datatype": .sparseDatatype,
  ])

  static let sparseVector = SettingsSchema([
    "index": .object(
      SettingsSchema([
        "full_scan_threshold": .integer(), "on_disk": .bool, "memory": .memory(pinnable: true),
        "datatype": .sparseDatatype,
      ])),
    "modifier": .choice(SparseVectorParams.Modifier.allCases.map(\.rawValue)),
  ])

  static let strictMode = SettingsSchema([
    "enabled": .bool, "max_query_limit": .integer(from: 1), "max_timeout": .integer(from: 1),
    "unindexed_filtering_retrieve": .bool, "unindexed_filtering_update": .bool,
    "search_max_hnsw_ef": .integer(), "search_allow_exact": .bool,
    "search_max_oversampling": .number(from: nil, through: nil),
    "upsert_max_batchsize": .integer(), "search_max_batchsize": .integer(),
    "max_collection_vector_size_bytes": .integer(), "read_rate_limit": .integer(from: 1),
    "write_rate_limit": .integer(from: 1), "max_collection_payload_size_bytes": .integer(),
    "max_points_count": .integer(from: 1), "filter_max_conditions": .integer(),
    "condition_max_size": .integer(),
    "multivector_config": .objectsByName(SettingsSchema(["max_vectors": .integer(from: 1)])),
    "sparse_config": .objectsByName(SettingsSchema(["max_length": .integer(from: 1)])),
    "max_payload_index_count": .integer(),
    "max_resident_memory_percent": .integer(from: 1, through: 100),
  ])

  /// The kinds of quantization by the member that names them.
  static let quantizations: [(name: String, schema: SettingsSchema)] = [
    (
      "scalar",
      SettingsSchema(
        [
          "type": .choice(["int8"]), "quantile": .number(from: 0.5, through: 1),
          "always_ram": .bool, "memory": .memory(pinnable: true),
        ], required: ["type"])
    ),
    (
      "product",
      SettingsSchema(
        [
          "compression": .choice(["x4", "x8", "x16", "x32", "x64"]), "always_ram": .bool,
          "memory": .memory(pinnable: true),
        ], required: ["compression"])
    ),
    (
      "binary",
      SettingsSchema([
        "always_ram": .bool, "memory": .memory(pinnable: true),
        "encoding": .choice(["one_bit", "two_bits", "one_and_half_bits"]),
        "query_encoding": .choice(["default", "binary", "scalar4bits", "scalar8bits"]),
      ])
    ),
    (
      "turbo",
      SettingsSchema([
        "always_ram": .bool, "memory": .memory(pinnable: true),
        "bits": .choice(["bits1", "bits1_5", "bits2", "bits4"]),
      ])
    ),
  ]

  /// How a search uses quantization.
  static let quantizationSearch = SettingsSchema([
    "ignore": .bool, "rescore": .bool, "oversampling": .number(from: 1, through: nil),
  ])

  /// How a search filters graphs.
  static let acorn = SettingsSchema([
    "enable": .bool, "max_selectivity": .number(from: 0, through: 1),
  ])
}

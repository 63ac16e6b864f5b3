import FastJSON
import PointModel

/// Reads the bodies that create collections and change their configuration.
enum CollectionConfigDecoder {
  static func config(_ body: FieldReader) throws(DecodingFault) -> CollectionConfig {
    var config = CollectionConfig(vectors: .named([]))
    try body.forEachField { key, field throws(DecodingFault) in
      if field.isNull { return }
      switch key {
      case "vectors": config.vectors = try vectors(field)
      case "sparse_vectors":
        config.sparseVectors = try sparseVectors(field)
      case "shard_number": config.shardNumber = try field.integer(.u32, from: 1)
      case "replication_factor": config.replicationFactor = try field.integer(.u32, from: 1)
      case "write_consistency_factor":
        config.writeConsistencyFactor = try field.integer(.u32, from: 1)
      case "on_disk_payload": config.onDiskPayload = try field.bool()
      case "payload":
        config.otherParams["payload"] = .object(
          try SettingsSchema(["memory": .memory(pinnable: false)]).read(field))
      case "hnsw_config": config.hnsw.merge(try SettingsSchema.hnsw.read(field))
      case "wal_config": config.wal.merge(try SettingsSchema.wal.read(field))
      case "optimizers_config": config.optimizers.merge(try SettingsSchema.optimizers.read(field))
      case "ivf_config": config.ivf = try SettingsSchema.ivf.read(field)
      case "quantization_config", "quantization":
        config.quantization = try SettingsSchema.quantization(field)
      case "strict_mode_config": config.strictMode = try SettingsSchema.strictMode.read(field)
      case "metadata": config.metadata = try field.objectValue()
      case "init_from": throw .unsupported("this field is")
      case "sharding_method": config.otherParams["sharding_method"] = try shardingMethod(field)
      default: break
      }
    }
    try VectorNames.check(config)
    return config
  }

  private static func shardingMethod(_ field: FieldReader) throws(DecodingFault) -> JSONValue {
    let method = try field.choice(["auto", "custom"])
    if method == "custom" { throw .unsupported("sharding method `custom` is") }
    return .string(method)
  }

  /// Parameters by name when all members are objects, else one vector's parameters.
  private static func vectors(_ field: FieldReader) throws(DecodingFault) -> VectorsConfig {
    guard let object = field.element.object else {
      throw field.unexpected("vector parameters")
    }
    let byName = object.allSatisfy { $0.value.kind == .object }
    if !byName { return .unnamed(try vectorParams(field)) }
    var vectors: [NamedVectorParams] = []
    var names: Set<String> = []
    try field.forEachField { name, params throws(DecodingFault) in
      let (isNew, present) = names.insert(name)
      if !isNew {
        try VectorNames.refuse(name, besides: present)
        vectors.removeAll { $0.name == name }
      }
      vectors.append(NamedVectorParams(name: name, params: try vectorParams(params)))
    }
    return .named(vectors)
  }

  static func vectorParams(_ field: FieldReader) throws(DecodingFault) -> VectorParams {
    try field.requireObject("vector parameters")
    let size = try field.required("size") { size throws(DecodingFault) in
      try size.integer(from: 1, through: UInt64(VectorParams.sizeMax))
    }
    let distance = try field.required("distance") { distance throws(DecodingFault) in
      try distance.choice(Distance.allCases.map(\.rawValue))
    }
    let datatype = try field.optional("datatype") { field throws(DecodingFault) in
      try field.datatype()
    }
    let multivector = try field.optional("multivector_config") { field throws(DecodingFault) in
      _ = try SettingsSchema.multivector.read(field)
      return MultiVectorParams()
    }
    return VectorParams(
      size: size, distance: Distance(rawValue: distance) ?? .cosine, datatype: datatype,
      multivector: multivector, settings: try SettingsSchema.vector.read(field))
  }

  private static func sparseVectors(
    _ field: FieldReader
  ) throws(DecodingFault) -> [NamedSparseVectorParams] {
    try SettingsSchema.sparseVector.readByName(field).compactMap { name, settings in
      guard case .object(let settings) = settings else { return nil }
      return NamedSparseVectorParams(name: name, params: SparseVectorParams(settings: settings))
    }
  }

  static func change(_ body: FieldReader) throws(DecodingFault) -> CollectionConfigChange {
    var change = CollectionConfigChange()
    try body.forEachField { key, field throws(DecodingFault) in
      if field.isNull { return }
      switch key {
      case "params": try readParams(field, into: &change)
      case "vectors":
        change.vectors = []
        try field.forEachField { name, vector throws(DecodingFault) in
          change.vectors.append(try vectorChange(vector, named: name))
        }
      case "sparse_vectors":
        change.sparseVectors = try SettingsSchema.sparseVector.readByName(field)
      case "hnsw_config": change.hnsw = try SettingsSchema.hnsw.read(field)
      case "optimizers_config", "optimizer_config":
        change.optimizers = try SettingsSchema.optimizers.read(field)
      case "ivf_config": change.ivf = try SettingsSchema.ivf.read(field)
      case "quantization_config": change.quantization = try quantizationChange(field)
      case "strict_mode_config": change.strictMode = try SettingsSchema.strictMode.read(field)
      case "metadata": change.metadata = try field.objectValue()
      default: break
      }
    }
    return change
  }

  private static func readParams(
    _ body: FieldReader, into change: inout CollectionConfigChange
  ) throws(DecodingFault) {
    change.replicationFactor = try factor("replication_factor", of: body)
    change.writeConsistencyFactor = try factor("write_consistency_factor", of: body)
    change.onDiskPayload = try body.optional("on_disk_payload") { field throws(DecodingFault) in
      try field.bool()
    }
    change.otherParams = try SettingsSchema.otherParams.read(body)
  }

  private static func factor(_ key: String, of body: FieldReader) throws(DecodingFault) -> Int? {
    try body.optional(key) { field throws(DecodingFault) in try field.integer(.u32, from: 1) }
  }

  private static func vectorChange(
    _ body: FieldReader, named name: String
  ) throws(DecodingFault) -> VectorParamsChange {
    let hnsw = try body.optional("hnsw_config") { field throws(DecodingFault) in
      try SettingsSchema.hnsw.read(field)
    }
    let key = body["quantization_config"] == nil ? "quantization" : "quantization_config"
    let quantization = try body.optional(key) { field throws(DecodingFault) in
      try quantizationChange(field)
    }
    return VectorParamsChange(
      name: name, hnsw: hnsw ?? .init(), quantization: quantization,
      settings: try SettingsSchema.vectorChange.read(body))
  }

  private static func quantizationChange(
    _ field: FieldReader
  ) throws(DecodingFault) -> QuantizationChange {
    if field.element.string == "Disabled" { return .disabled }
    return .enabled(try SettingsSchema.quantization(field))
  }
}

extension FieldReader {
  /// The name of a form of numbers.
  func datatype() throws(DecodingFault) -> VectorDatatype {
    VectorDatatype(rawValue: try choice(VectorDatatype.allCases.map(\.rawValue))) ?? .float32
  }
}

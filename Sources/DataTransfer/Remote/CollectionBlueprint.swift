package import FastJSON

/// What makes a collection anew: the body that creates it and its payload indexes.
package struct CollectionBlueprint: Sendable, Equatable {
  /// A payload index.
  package struct Index: Sendable, Equatable {
    /// The path of the indexed field.
    package let field: String
    /// A type's name, or its parameters.
    package let schema: JSONValue
  }

  /// The body of `PUT /collections/{name}`.
  package let configuration: JSONObjectValue
  /// The payload indexes.
  package let indexes: [Index]

  /// Members of `config.params` that a creation takes too.
  private static let parameters = [
    "vectors", "sparse_vectors", "shard_number", "sharding_method", "replication_factor",
    "write_consistency_factor", "on_disk_payload", "payload",
  ]
  /// Members of `config` and what a creation calls them.
  private static let sections = [
    ("hnsw_config", "hnsw_config"), ("optimizer_config", "optimizers_config"),
    ("wal_config", "wal_config"), ("quantization_config", "quantization_config"),
    ("strict_mode_config", "strict_mode_config"), ("metadata", "metadata"),
    ("ivf_config", "ivf_config"),
  ]

  /// A collection with nothing but one unnamed vector, or one of this name.
  init(size: Int, distance: String, vectorName: String?) {
    var vector = JSONValue.object([
      "size": .integer(Int64(size)), "distance": .string(distance),
    ])
    if let vectorName { vector = .object([vectorName: vector]) }
    configuration = ["vectors": vector]
    indexes = []
  }

  /// Reads the answer of `GET /collections/{name}`.
  package init(describedBy info: JSONElement) throws(TransferError) {
    guard let config = info["config"], let params = config["params"] else {
      throw .unexpectedAnswer(
        what: "description of a collection", reason: "there is no `config.params`")
    }
    var members = JSONObjectValue()
    for name in Self.parameters {
      if let value = params[name], !value.isNull { members[name] = value.value }
    }
    for (name, ours) in Self.sections {
      if let value = config[name], !value.isNull { members[ours] = value.value }
    }
    configuration = members
    var indexes: [Index] = []
    if let schemas = info["payload_schema"]?.object {
      for (field, schema) in schemas {
        if let parameters = schema["params"], !parameters.isNull {
          indexes.append(Index(field: field, schema: parameters.value))
        } else if let type = schema["data_type"]?.string {
          indexes.append(Index(field: field, schema: .string(type)))
        }
      }
    }
    self.indexes = indexes
  }

  /// Reads what ``json`` gives.
  package init(json: JSONValue) throws(TransferError) {
    guard case .object(let members) = json, case .object(let configuration)? = members["create"]
    else { throw .unfit("there is no `create` with the configuration of a collection") }
    self.configuration = configuration
    var indexes: [Index] = []
    if case .array(let listed)? = members["indexes"] {
      for case .object(let index) in listed {
        guard case .string(let field)? = index["field_name"], let schema = index["field_schema"]
        else { throw .unfit("an entry of `indexes` lacks `field_name` or `field_schema`") }
        indexes.append(Index(field: field, schema: schema))
      }
    }
    self.indexes = indexes
  }

  /// The form in which it is kept beside exported points.
  package var json: JSONValue {
    .object([
      "create": .object(configuration),
      "indexes": .array(
        indexes.map {
          .object(["field_name": .string($0.field), "field_schema": $0.schema])
        }),
    ])
  }

  /// The dense and sparse vectors, which must be the same for points to fit.
  package var vectors: [JSONValue?] {
    [Self.shape(configuration["vectors"]), Self.names(configuration["sparse_vectors"])]
  }

  /// Whether any of the dense vectors is compared by angle, and so kept at length 1.
  package var isNormalized: Bool {
    func isCosine(_ vector: JSONValue) -> Bool {
      guard case .object(let members) = vector else { return false }
      if members["distance"] == .string("Cosine") { return true }
      return members["distance"] == nil && members.values.contains(where: isCosine)
    }
    return configuration["vectors"].map(isCosine) ?? false
  }

  /// The names of the vectors of which nothing but codes is kept.
  package var codedVectors: Set<String> {
    func isCoded(_ vector: JSONValue) -> Bool {
      if case .object(let members) = vector {
        members["datatype"] == .string("turbo4")
      } else {
        false
      }
    }
    guard case .object(let members)? = configuration["vectors"] else { return [] }
    if isCoded(.object(members)) { return [""] }
    return Set(members.filter { isCoded($0.value) }.map(\.key))
  }

  /// Size, distance, kind and datatype of each vector, without settings that only tune.
  private static func shape(_ value: JSONValue?) -> JSONValue? {
    guard case .object(let members)? = value else { return nil }
    if members["size"] != nil, members["distance"] != nil {
      let kept = ["size", "distance", "multivector_config", "datatype"]
      var shape = JSONObjectValue(kept.compactMap { key in members[key].map { (key, $0) } })
      if shape["datatype"] == .string("float32") { shape["datatype"] = nil }
      return .object(shape)
    }
    return .object(JSONObjectValue(members.map { ($0.key, shape($0.value) ?? .null) }))
  }

  private static func names(_ value: JSONValue?) -> JSONValue? {
    guard case .object(let members)? = value, !members.isEmpty else { return nil }
    return .array(members.keys.sorted().map { .string($0) })
  }
}

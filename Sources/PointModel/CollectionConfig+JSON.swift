public import FastJSON

/// What is wrong with a stored configuration; names the member.
public struct StoredConfigError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The member's path and what was expected there.
  public let description: String

  /// An error with this text.
  public init(_ description: String) {
    self.description = description
  }
}

extension CollectionConfig {
  /// Writes the `config` object of a collection's description, which is also its stored form.
  ///
  /// Parts that were never set are absent, except `quantization_config`, which is `null` then.
  public func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("params")
    writeParams(to: &writer)
    writeSettings(to: &writer)
    writer.endObject()
  }

  /// Bytes of the members, as JSON, that clients give any form: all but the parameters.
  public var settingsBytes: Int {
    var writer = JSONWriter()
    writer.beginObject()
    writeSettings(to: &writer)
    writer.endObject()
    return writer.bytes.count
  }

  private func writeSettings(to writer: inout JSONWriter) {
    writer.key("hnsw_config")
    JSONValue.object(hnsw).write(to: &writer)
    writer.key("optimizer_config")
    JSONValue.object(optimizers).write(to: &writer)
    writer.key("wal_config")
    JSONValue.object(wal).write(to: &writer)
    writer.key("quantization_config")
    (quantization ?? .null).write(to: &writer)
    if let strictMode {
      writer.key("strict_mode_config")
      JSONValue.object(strictMode).write(to: &writer)
    }
    if let metadata {
      writer.key("metadata")
      JSONValue.object(metadata).write(to: &writer)
    }
    if !ivf.isEmpty {
      writer.key("ivf_config")
      JSONValue.object(ivf).write(to: &writer)
    }
  }

  /// Writes the parameters alone: those of vectors, and what concerns shards and payloads.
  public func writeParams(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("vectors")
    vectors.write(to: &writer)
    writer.key("shard_number")
    writer.integer(shardNumber)
    writer.key("replication_factor")
    writer.integer(replicationFactor)
    writer.key("write_consistency_factor")
    writer.integer(writeConsistencyFactor)
    writer.key("on_disk_payload")
    writer.bool(onDiskPayload)
    for (key, value) in otherParams {
      writer.key(key)
      value.write(to: &writer)
    }
    if !sparseVectors.isEmpty {
      writer.key("sparse_vectors")
      sparseVectors.write(to: &writer)
    }
    writer.endObject()
  }

  /// Reads what ``write(to:)`` has written.
  ///
  /// - Throws: `StoredConfigError` when a member is missing or of the wrong kind.
  public init(storedJSON: JSONValue) throws(StoredConfigError) {
    let config = try StoredObject(storedJSON, at: "config")
    let params = try StoredObject(config["params"], at: "config.params")
    self.init(
      vectors: try VectorsConfig(storedJSON: params.object("vectors")),
      sparseVectors: try [NamedSparseVectorParams](
        storedJSON: params.optionalObject("sparse_vectors") ?? .init()),
      shardNumber: try params.integer("shard_number"),
      replicationFactor: try params.integer("replication_factor"),
      writeConsistencyFactor: try params.integer("write_consistency_factor"),
      onDiskPayload: try params.bool("on_disk_payload"),
      hnsw: try config.object("hnsw_config"),
      optimizers: try config.object("optimizer_config"),
      wal: try config.object("wal_config"),
      quantization: config.quantization,
      strictMode: try config.optionalObject("strict_mode_config"),
      metadata: try config.optionalObject("metadata"))
    ivf = try config.optionalObject("ivf_config") ?? .init()
    for (key, value) in params.members where !Self.knownParams.contains(key) {
      otherParams[key] = value
    }
  }

  private static let knownParams: Set<String> = [
    "vectors", "sparse_vectors", "shard_number", "replication_factor", "write_consistency_factor",
    "on_disk_payload",
  ]
}

extension VectorsConfig {
  /// Writes the parameters, or an object of parameters by name.
  public func write(to writer: inout JSONWriter) {
    switch self {
    case .unnamed(let params):
      params.write(to: &writer)
    case .named(let vectors):
      writer.beginObject()
      for vector in vectors {
        writer.key(vector.name)
        vector.params.write(to: &writer)
      }
      writer.endObject()
    }
  }

  /// Reads either form.
  ///
  /// - Throws: `StoredConfigError` when a member is missing or of the wrong kind.
  public init(storedJSON: JSONObjectValue) throws(StoredConfigError) {
    if case .integer? = storedJSON["size"] {
      self = .unnamed(try VectorParams(storedJSON: .object(storedJSON), at: "vectors"))
      return
    }
    var vectors: [NamedVectorParams] = []
    for (name, value) in storedJSON {
      let params = try VectorParams(storedJSON: value, at: "vectors.\(name)")
      vectors.append(NamedVectorParams(name: name, params: params))
    }
    self = .named(vectors)
  }
}

extension VectorParams {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("size")
    writer.integer(size)
    writer.key("distance")
    writer.string(distance.rawValue)
    if let declaredDatatype {
      writer.key("datatype")
      writer.string(declaredDatatype.rawValue)
    }
    if let multivector {
      writer.key("multivector_config")
      writer.beginObject()
      writer.key("comparator")
      writer.string(multivector.comparator.rawValue)
      writer.endObject()
    }
    for (key, value) in settings {
      writer.key(key)
      value.write(to: &writer)
    }
    writer.endObject()
  }

  fileprivate init(storedJSON: JSONValue, at path: String) throws(StoredConfigError) {
    let stored = try StoredObject(storedJSON, at: path)
    guard case .string(let name)? = stored["distance"], let distance = Distance(rawValue: name)
    else { throw StoredConfigError("\(path).distance: expected a distance") }
    let size = try stored.integer("size")
    guard (1...VectorParams.sizeMax).contains(size) else {
      throw StoredConfigError("\(path).size: \(size) is out of range")
    }
    var settings = JSONObjectValue()
    for (key, value) in stored.members where !Self.ownMembers.contains(key) {
      settings[key] = value
    }
    self.init(
      size: size, distance: distance, datatype: try stored.datatype(),
      multivector: try stored.multivector(), settings: settings)
  }

  /// Members with a property of their own.
  private static let ownMembers: Set<String> = [
    "size", "distance", "datatype", "multivector_config",
  ]
}

extension [NamedSparseVectorParams] {
  /// Writes an object of settings by name.
  public func write(to writer: inout JSONWriter) {
    writer.beginObject()
    for vector in self {
      writer.key(vector.name)
      JSONValue.object(vector.params.settings).write(to: &writer)
    }
    writer.endObject()
  }

  fileprivate init(storedJSON: JSONObjectValue) throws(StoredConfigError) {
    self.init()
    for (name, value) in storedJSON {
      let params = try SparseVectorParams(storedJSON: value, at: "sparse_vectors.\(name)")
      append(NamedSparseVectorParams(name: name, params: params))
    }
  }
}

/// An object of a stored configuration together with its path for error texts.
private struct StoredObject {
  let members: JSONObjectValue
  let path: String

  init(_ value: JSONValue?, at path: String) throws(StoredConfigError) {
    guard case .object(let members)? = value else {
      throw StoredConfigError("\(path): expected an object")
    }
    self.members = members
    self.path = path
  }

  subscript(key: String) -> JSONValue? { members[key] }

  var quantization: JSONValue? {
    let value = members["quantization_config"]
    return value == .null ? nil : value
  }

  func object(_ key: String) throws(StoredConfigError) -> JSONObjectValue {
    try StoredObject(members[key], at: "\(path).\(key)").members
  }

  func optionalObject(_ key: String) throws(StoredConfigError) -> JSONObjectValue? {
    members[key] == nil ? nil : try object(key)
  }

  func integer(_ key: String) throws(StoredConfigError) -> Int {
    guard case .integer(let value)? = members[key], let integer = Int(exactly: value) else {
      throw StoredConfigError("\(path).\(key): expected an integer")
    }
    return integer
  }

  func bool(_ key: String) throws(StoredConfigError) -> Bool {
    guard case .bool(let value)? = members[key] else {
      throw StoredConfigError("\(path).\(key): expected a boolean")
    }
    return value
  }

  func datatype() throws(StoredConfigError) -> VectorDatatype? {
    guard let value = members["datatype"] else { return nil }
    guard case .string(let name) = value, let datatype = VectorDatatype(rawValue: name) else {
      throw StoredConfigError("\(path).datatype: expected a datatype")
    }
    return datatype
  }

  func multivector() throws(StoredConfigError) -> MultiVectorParams? {
    guard let members = try optionalObject("multivector_config") else { return nil }
    guard case .string(let name)? = members["comparator"],
      let comparator = MultiVectorParams.Comparator(rawValue: name)
    else { throw StoredConfigError("\(path).multivector_config.comparator: expected a comparator") }
    return MultiVectorParams(comparator: comparator)
  }
}

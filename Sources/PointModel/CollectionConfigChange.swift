public import FastJSON

/// What a client wants changed in a collection's configuration; absent parts stay as they are.
public struct CollectionConfigChange: Sendable, Equatable {
  /// Copies of every shard.
  public var replicationFactor: Int?
  /// Copies that must confirm a write.
  public var writeConsistencyFactor: Int?
  /// Whether payloads are read from disk.
  public var onDiskPayload: Bool?
  /// Further members of `params` in wire form.
  public var otherParams: JSONObjectValue
  /// Graph settings in wire form.
  public var hnsw: JSONObjectValue
  /// Optimizer settings in wire form.
  public var optimizers: JSONObjectValue
  /// Settings of the inverted-file index in wire form.
  public var ivf: JSONObjectValue = .init()
  /// `nil` keeps the quantization there is.
  public var quantization: QuantizationChange?
  /// Dense vectors whose settings change.
  public var vectors: [VectorParamsChange]
  /// Sparse vectors by name in wire form, each an object of settings.
  public var sparseVectors: JSONObjectValue
  /// Strict mode settings in wire form.
  public var strictMode: JSONObjectValue
  /// Keys to set; a `null` removes the key.
  public var metadata: JSONObjectValue

  /// A change of the given parts.
  public init(
    replicationFactor: Int? = nil, writeConsistencyFactor: Int? = nil, onDiskPayload: Bool? = nil,
    otherParams: JSONObjectValue = .init(), hnsw: JSONObjectValue = .init(),
    optimizers: JSONObjectValue = .init(), quantization: QuantizationChange? = nil,
    vectors: [VectorParamsChange] = [], sparseVectors: JSONObjectValue = .init(),
    strictMode: JSONObjectValue = .init(), metadata: JSONObjectValue = .init()
  ) {
    self.replicationFactor = replicationFactor
    self.writeConsistencyFactor = writeConsistencyFactor
    self.onDiskPayload = onDiskPayload
    self.otherParams = otherParams
    self.hnsw = hnsw
    self.optimizers = optimizers
    self.quantization = quantization
    self.vectors = vectors
    self.sparseVectors = sparseVectors
    self.strictMode = strictMode
    self.metadata = metadata
  }
}

/// A new quantization, or none any more.
public enum QuantizationChange: Sendable, Equatable {
  /// No quantization any more.
  case disabled
  /// A quantization in wire form.
  case enabled(JSONValue)
}

/// New settings of one dense vector; its size and distance never change.
public struct VectorParamsChange: Sendable, Equatable {
  /// The vector's name; empty for the unnamed one.
  public var name: String
  /// Graph settings in wire form.
  public var hnsw: JSONObjectValue
  /// `nil` keeps the quantization there is.
  public var quantization: QuantizationChange?
  /// Further settings in wire form (`on_disk`, `memory`).
  public var settings: JSONObjectValue

  /// A change of the given settings.
  public init(
    name: String, hnsw: JSONObjectValue = .init(), quantization: QuantizationChange? = nil,
    settings: JSONObjectValue = .init()
  ) {
    self.name = name
    self.hnsw = hnsw
    self.quantization = quantization
    self.settings = settings
  }
}

/// Why a change does not fit a collection.
public enum ConfigChangeError: Error, Sendable, Equatable {
  /// The collection has no dense vector of this name.
  case unknownVector(String)
  /// The collection has no sparse vector of this name.
  case unknownSparseVector(String)
  /// The collection has a vector of this name, with another shape.
  case vectorDiffers(String)
  /// The collection has a sparse vector of this name, with other parameters.
  case sparseVectorDiffers(String)
  /// The name is that of a sparse vector.
  case isSparseVector(String)
  /// The name is that of a vector that isn't sparse.
  case isDenseVector(String)
}

extension CollectionConfig {
  /// Applies all of `change`, or nothing.
  ///
  /// - Throws: `ConfigChangeError` when a vector that the change names does not exist.
  public mutating func apply(_ change: CollectionConfigChange) throws(ConfigChangeError) {
    var changed = self
    changed.vectors = try vectors.applying(change.vectors)
    if let factor = change.replicationFactor { changed.replicationFactor = factor }
    if let factor = change.writeConsistencyFactor { changed.writeConsistencyFactor = factor }
    if let onDisk = change.onDiskPayload { changed.onDiskPayload = onDisk }
    changed.otherParams.merge(change.otherParams)
    changed.hnsw.merge(change.hnsw)
    changed.optimizers.merge(change.optimizers)
    changed.ivf.merge(change.ivf)
    switch change.quantization {
    case nil: break
    case .disabled: changed.quantization = nil
    case .enabled(let quantization): changed.quantization = quantization
    }
    for (name, settings) in change.sparseVectors {
      guard let index = changed.sparseVectors.firstIndex(where: { $0.name == name }),
        case .object(let settings) = settings
      else { throw .unknownSparseVector(name) }
      changed.sparseVectors[index].params.merge(settings)
    }
    if !change.strictMode.isEmpty {
      changed.strictMode = (changed.strictMode ?? .init()).merging(change.strictMode)
    }
    if !change.metadata.isEmpty {
      var merged = (changed.metadata ?? .init()).merging(change.metadata)
      merged.removeAll { key, value in value == .null && change.metadata[key] != nil }
      changed.metadata = merged
    }
    self = changed
  }
}

extension VectorsConfig {
  fileprivate func applying(
    _ changes: [VectorParamsChange]
  ) throws(ConfigChangeError) -> VectorsConfig {
    var vectors = all
    for change in changes {
      guard let index = vectors.firstIndex(where: { $0.name == change.name }) else {
        throw .unknownVector(change.name)
      }
      var settings = vectors[index].params.settings.merging(change.settings)
      if !change.hnsw.isEmpty {
        var hnsw = JSONObjectValue()
        if case .object(let old)? = settings["hnsw_config"] { hnsw = old }
        settings["hnsw_config"] = .object(hnsw.merging(change.hnsw))
      }
      switch change.quantization {
      case nil: break
      case .disabled: settings["quantization_config"] = nil
      case .enabled(let quantization): settings["quantization_config"] = quantization
      }
      vectors[index].params.settings = settings
    }
    switch self {
    case .unnamed: return .unnamed(vectors[0].params)
    case .named: return .named(vectors)
    }
  }
}

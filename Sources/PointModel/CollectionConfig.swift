public import FastJSON

/// A vector's parameters under its name.
public struct NamedVectorParams: Sendable, Equatable {
  /// The vector's name; empty for the unnamed one.
  public var name: String
  /// What its vectors are.
  public var params: VectorParams

  /// Vectors under a name.
  public init(name: String, params: VectorParams) {
    self.name = name
    self.params = params
  }
}

/// The dense vectors of a collection: one without a name, or any number of named ones.
public enum VectorsConfig: Sendable, Equatable {
  case unnamed(VectorParams)
  case named([NamedVectorParams])

  /// All vectors in declaration order; the unnamed one has an empty name.
  public var all: [NamedVectorParams] {
    switch self {
    case .unnamed(let params): [NamedVectorParams(name: "", params: params)]
    case .named(let vectors): vectors
    }
  }

  /// The parameters of the vector called `name`.
  public subscript(name: String) -> VectorParams? {
    all.first { $0.name == name }?.params
  }
}

/// Everything a collection was created with, defaults filled in.
///
/// Settings that do not steer this engine (graph, log, optimizer, quantization) are validated at
/// the edge, kept in wire form and echoed.
public struct CollectionConfig: Sendable, Equatable {
  /// The dense vectors and multivectors.
  public var vectors: VectorsConfig
  /// The sparse vectors in declaration order, under names that no dense vector has.
  public var sparseVectors: [NamedSparseVectorParams]
  /// How many shards there are; kept for clients, as are the numbers of copies.
  public var shardNumber: Int
  /// How many copies of each shard there are.
  public var replicationFactor: Int
  /// How many copies must confirm a write.
  public var writeConsistencyFactor: Int
  /// Whether clients want payloads on disk, where they always are.
  public var onDiskPayload: Bool
  /// Settings of a graph index as the client gave them; kept for clients.
  public var hnsw: JSONObjectValue
  /// Settings of optimizers as the client gave them; the threshold of indexing is one that is used.
  public var optimizers: JSONObjectValue
  /// Settings of the log as the client gave them; kept for clients.
  public var wal: JSONObjectValue
  /// Settings of quantization as the client gave them.
  public var quantization: JSONValue?
  /// Bounds on requests as the client gave them, see ``StrictMode``.
  public var strictMode: JSONObjectValue?
  /// What a client notes of the collection.
  public var metadata: JSONObjectValue?
  /// Settings of the inverted-file index in wire form (`lists`, `recall_target`), only those that
  /// were set.
  public var ivf: JSONObjectValue = .init()
  /// Further members of `params` in wire form (`read_fan_out_factor`, `sharding_method`, …), only
  /// those that were set.
  public var otherParams: JSONObjectValue

  /// A configuration; what is not given is as in a collection of Qdrant.
  public init(
    vectors: VectorsConfig, sparseVectors: [NamedSparseVectorParams] = [], shardNumber: Int = 1,
    replicationFactor: Int = 1, writeConsistencyFactor: Int = 1, onDiskPayload: Bool = true,
    hnsw: JSONObjectValue = defaultHNSW, optimizers: JSONObjectValue = defaultOptimizers,
    wal: JSONObjectValue = defaultWAL, quantization: JSONValue? = nil,
    strictMode: JSONObjectValue? = nil, metadata: JSONObjectValue? = nil,
    otherParams: JSONObjectValue = .init()
  ) {
    self.vectors = vectors
    self.sparseVectors = sparseVectors
    self.shardNumber = shardNumber
    self.replicationFactor = replicationFactor
    self.writeConsistencyFactor = writeConsistencyFactor
    self.onDiskPayload = onDiskPayload
    self.hnsw = hnsw
    self.optimizers = optimizers
    self.wal = wal
    self.quantization = quantization
    self.strictMode = strictMode
    self.metadata = metadata
    self.otherParams = otherParams
  }
}

extension CollectionConfig {
  /// The parameters of the sparse vector called `name`.
  public func sparseVector(named name: String) -> SparseVectorParams? {
    sparseVectors.first { $0.name == name }?.params
  }

  /// How many inverted lists an index is to have; `nil` leaves it to the index.
  public var ivfLists: Int? {
    guard case .integer(let lists)? = ivf["lists"] else { return nil }
    return Int(lists)
  }

  /// The recall@10 that searches aim at when they ask for nothing else.
  public var recallTarget: Double? {
    switch ivf["recall_target"] {
    case .double(let target): target
    case .integer(let target): Double(target)
    default: nil
    }
  }

  /// Kilobytes of vectors from which on a collection gets an index; 0 for never.
  public var indexingThreshold: Int {
    guard case .integer(let kilobytes)? = optimizers["indexing_threshold"] else { return 0 }
    return Int(kilobytes)
  }
}

public import FastJSON

/// Bounds that a collection places on requests; `nil` places none.
public struct StrictMode: Sendable, Equatable {
  /// The greatest limit of a query.
  public var maxQueryLimit: Int?
  /// Seconds.
  public var maxTimeout: Int?
  /// Whether reads may filter by fields that have no index.
  public var unindexedFilteringRetrieve: Bool?
  /// Whether updates may filter by fields that have no index.
  public var unindexedFilteringUpdate: Bool?
  /// The greatest effort in the terms of a graph index.
  public var searchMaxHNSWEf: Int?
  /// Whether every point may be scored.
  public var searchAllowExact: Bool?
  /// The greatest oversampling.
  public var searchMaxOversampling: Double?
  /// Points of one upsert.
  public var upsertMaxBatchSize: Int?
  /// Queries of one batch.
  public var searchMaxBatchSize: Int?
  /// Bytes of all vectors.
  public var maxVectorBytes: Int?
  /// Bytes of all payloads.
  public var maxPayloadBytes: Int?
  /// Points of the collection.
  public var maxPoints: Int?
  /// Per minute.
  public var readRateLimit: Int?
  /// Per minute.
  public var writeRateLimit: Int?
  /// Conditions of one filter.
  public var filterMaxConditions: Int?
  /// Values of one condition.
  public var conditionMaxSize: Int?
  /// Indexed fields of payloads.
  public var maxPayloadIndexes: Int?
  /// Resident memory of the process, in per cent of what it may have, from which on nothing grows.
  public var maxResidentMemoryPercent: Int?
  /// The most dimensions of a sparse vector, by its name.
  public var maxSparseLengths: [String: Int] = [:]
  /// The most vectors of a multivector, by its name.
  public var maxMultiVectors: [String: Int] = [:]

  /// Places no bound.
  public init() {}

  /// Reads checked settings in wire form; `nil` unless they are enabled.
  public init?(_ settings: JSONObjectValue?) {
    guard let settings, settings["enabled"] == .bool(true) else { return nil }
    func integer(_ key: String) -> Int? { Self.integer(settings[key]) }
    func bool(_ key: String) -> Bool? {
      if case .bool(let value)? = settings[key] { value } else { nil }
    }
    maxQueryLimit = integer("max_query_limit")
    maxTimeout = integer("max_timeout")
    unindexedFilteringRetrieve = bool("unindexed_filtering_retrieve")
    unindexedFilteringUpdate = bool("unindexed_filtering_update")
    searchMaxHNSWEf = integer("search_max_hnsw_ef")
    searchAllowExact = bool("search_allow_exact")
    if case .double(let value)? = settings["search_max_oversampling"] {
      searchMaxOversampling = value
    } else {
      searchMaxOversampling = integer("search_max_oversampling").map { Double($0) }
    }
    upsertMaxBatchSize = integer("upsert_max_batchsize")
    searchMaxBatchSize = integer("search_max_batchsize")
    maxVectorBytes = integer("max_collection_vector_size_bytes")
    maxPayloadBytes = integer("max_collection_payload_size_bytes")
    maxPoints = integer("max_points_count")
    readRateLimit = integer("read_rate_limit")
    writeRateLimit = integer("write_rate_limit")
    filterMaxConditions = integer("filter_max_conditions")
    conditionMaxSize = integer("condition_max_size")
    maxPayloadIndexes = integer("max_payload_index_count")
    maxResidentMemoryPercent = integer("max_resident_memory_percent")
    maxSparseLengths = Self.limits("max_length", by: settings["sparse_config"])
    maxMultiVectors = Self.limits("max_vectors", by: settings["multivector_config"])
  }

  private static func integer(_ value: JSONValue?) -> Int? {
    switch value {
    case .integer(let value): Int(clamping: value)
    case .unsigned(let value): Int(clamping: value)
    default: nil
    }
  }

  /// The integers called `key` of objects by name.
  private static func limits(_ key: String, by names: JSONValue?) -> [String: Int] {
    guard case .object(let objects)? = names else { return [:] }
    var limits: [String: Int] = [:]
    for case (let name, .object(let settings)) in objects { limits[name] = integer(settings[key]) }
    return limits
  }
}

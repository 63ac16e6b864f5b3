public import FastJSON

/// Bounds that a collection places on requests; `nil` places none.
public struct StrictMode: Sendable, Equatable {
  public var maxQueryLimit: Int?
  /// Seconds.
  public var maxTimeout: Int?
  public var unindexedFilteringRetrieve: Bool?
  public var unindexedFilteringUpdate: Bool?
  public var searchMaxHNSWEf: Int?
  public var searchAllowExact: Bool?
  public var searchMaxOversampling: Double?
  public var upsertMaxBatchSize: Int?
  public var searchMaxBatchSize: Int?
  public var maxVectorBytes: Int?
  public var maxPayloadBytes: Int?
  public var maxPoints: Int?
  /// Per minute.
  public var readRateLimit: Int?
  /// Per minute.
  public var writeRateLimit: Int?
  public var filterMaxConditions: Int?
  public var conditionMaxSize: Int?
  public var maxPayloadIndexes: Int?

  /// Places no bound.
  public init() {}

  /// Reads checked settings in wire form; `nil` unless they are enabled.
  public init?(_ settings: JSONObjectValue?) {
    guard let settings, settings["enabled"] == .bool(true) else { return nil }
    func integer(_ key: String) -> Int? {
      switch settings[key] {
      case .integer(let value): Int(clamping: value)
      case .unsigned(let value): Int(clamping: value)
      default: nil
      }
    }
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
  }
}

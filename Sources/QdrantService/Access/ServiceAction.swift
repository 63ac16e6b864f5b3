/// What the operation of a call asks of its caller.
public enum Requirement: Sendable, Equatable, CaseIterable {
  /// Nothing: no key is asked for.
  case open
  /// Any key: the answer holds what the caller may see.
  case anyKey
  /// To read a collection.
  case read
  /// To read a collection, and more than its points: its snapshots, and where it is.
  case readExtras
  /// To change the points of a collection.
  case write
  /// To change a collection's indexes, vectors or snapshots.
  case writeExtras
  /// To read the figures and snapshots of the whole server.
  case serverRead
  /// To change the server: its collections, their names, and what snapshots bring.
  case manage

  /// Whether it is about more of a collection than points.
  var isAboutExtras: Bool { self == .readExtras || self == .writeExtras }
  /// Whether it changes something of a collection.
  var isChange: Bool { self == .write || self == .writeExtras }
}

/// What becomes of an action that is asked of a server which follows another one's log.
public enum FollowerPart: Sendable, Equatable, CaseIterable {
  /// It answers from what it has.
  case reads
  /// The server that leads is asked, and its answer handed on.
  case sendsOn
  /// It says who leads: what comes with the request, or what it names, is a file of one server.
  case refuses
  /// It changes what is a server's own: its snapshots, its quotas, its logging.
  case changesItself
  /// It moves shards or servers, which no server of a log does.
  case answersAsAnyServer
}

/// Everything that can be asked of a server, by the names that the audit log has for it. What each
/// asks of its caller is said here, and nowhere else: both transports and the service itself go by
/// it.
public enum ServiceAction: String, Sendable, CaseIterable {
  // Open to all.
  case root
  case healthCheck = "health_check"
  case dashboard

  // The server.
  case telemetry, metrics, issues
  case clusterTelemetry = "cluster_telemetry"
  case clearIssues = "clear_issues"
  case getAuditLogs = "get_audit_logs"
  case getLogger = "get_logger_config"
  case updateLogger = "update_logger_config"
  case getQuotas = "get_quotas"
  case updateQuotas = "update_quotas"
  case clusterStatus = "cluster_status"
  case recoverPeer = "recover_current_peer"
  case removePeer = "remove_peer"
  case reflection

  // Collections as wholes.
  case listCollections = "list_collections"
  case getCollection = "get_collection"
  case collectionExists = "collection_exists"
  case getOptimizations = "get_optimizations"
  case getMemory = "get_collection_memory"
  case createCollection = "create_collection"
  case updateCollection = "update_collection"
  case deleteCollection = "delete_collection"
  case listAliases = "list_aliases"
  case listCollectionAliases = "list_collection_aliases"
  case changeAliases = "change_aliases"
  case createIndex = "create_payload_index"
  case deleteIndex = "drop_payload_index"
  case createVector = "create_named_vector"
  case deleteVector = "delete_named_vector"
  case getShards = "get_collection_cluster"
  case updateShards = "update_collection_cluster"
  case listShardKeys = "get_collection_shard_keys"
  case createShardKey = "create_shard_key"
  case deleteShardKey = "drop_shard_key"
  case readStorage = "storage_read"

  // Points.
  case retrieve, scroll, count, facet, group
  case query = "query_batch"
  case matrix = "search_points_matrix"
  case upsertPoints = "upsert_points"
  case conditionalUpsert = "upsert_points_conditional"
  case deletePoints = "delete_points"
  case deletePointsByFilter = "delete_points_by_filter"
  case updateVectors = "update_vectors"
  case deleteVectors = "delete_vectors"
  case deleteVectorsByFilter = "delete_vectors_by_filter"
  case setPayload = "set_payload"
  case overwritePayload = "overwrite_payload"
  case deletePayload = "delete_payload"
  case clearPayload = "clear_payload"
  case clearPayloadByFilter = "clear_payload_by_filter"

  // Snapshots.
  case listSnapshots = "list_snapshots"
  case createSnapshot = "create_snapshot"
  case deleteSnapshot = "delete_collection_snapshot"
  case downloadSnapshot = "get_snapshot"
  case recoverSnapshot = "recover_from_snapshot"
  case listShardSnapshots = "list_shard_snapshots"
  case createShardSnapshot = "create_shard_snapshot"
  case deleteShardSnapshot = "delete_shard_snapshot"
  case downloadShardSnapshot = "download_shard_snapshot"
  case streamShardSnapshot = "stream_shard_snapshot"
  case recoverShardSnapshot = "recover_shard_snapshot"
  case recoverPartialSnapshot = "recover_partial_snapshot_from"
  case partialSnapshotManifest = "get_partial_snapshot_manifest"
  case listFullSnapshots = "list_full_snapshots"
  case createFullSnapshot = "create_full_snapshot"
  case deleteFullSnapshot = "delete_full_snapshot"
  case downloadFullSnapshot = "get_full_snapshot"

  /// What the caller must be allowed to do.
  public var requirement: Requirement {
    switch self {
    case .root, .healthCheck, .dashboard: .open
    case .telemetry, .clusterTelemetry, .issues, .listCollections, .listAliases, .reflection:
      .anyKey
    case .getCollection, .collectionExists, .getOptimizations, .getMemory, .listCollectionAliases,
      .listShardKeys, .readStorage, .retrieve, .scroll, .count, .facet, .group, .query, .matrix:
      .read
    case .getShards, .listSnapshots, .downloadSnapshot, .listShardSnapshots,
      .downloadShardSnapshot, .partialSnapshotManifest:
      .readExtras
    case .upsertPoints, .conditionalUpsert, .deletePoints, .deletePointsByFilter, .updateVectors,
      .deleteVectors, .deleteVectorsByFilter, .setPayload, .overwritePayload, .deletePayload,
      .clearPayload, .clearPayloadByFilter:
      .write
    case .createIndex, .deleteIndex, .createVector, .deleteVector, .createSnapshot,
      .deleteSnapshot, .createShardSnapshot, .deleteShardSnapshot, .streamShardSnapshot:
      .writeExtras
    case .metrics, .getLogger, .getQuotas, .clusterStatus, .listFullSnapshots,
      .downloadFullSnapshot:
      .serverRead
    case .clearIssues, .getAuditLogs, .updateLogger, .updateQuotas, .recoverPeer, .removePeer,
      .createCollection, .updateCollection, .deleteCollection, .changeAliases, .updateShards,
      .createShardKey, .deleteShardKey, .recoverSnapshot, .recoverShardSnapshot,
      .recoverPartialSnapshot, .createFullSnapshot, .deleteFullSnapshot:
      .manage
    }
  }

  /// What a server that follows another one makes of it.
  public var atFollower: FollowerPart {
    switch self {
    case .root, .healthCheck, .dashboard, .telemetry, .clusterTelemetry, .metrics, .issues,
      .getAuditLogs, .getLogger, .getQuotas, .clusterStatus, .reflection, .listCollections,
      .getCollection, .collectionExists, .getOptimizations, .getMemory, .listAliases,
      .listCollectionAliases, .getShards, .listShardKeys, .readStorage, .retrieve, .scroll,
      .count, .facet, .group, .query, .matrix, .listSnapshots, .downloadSnapshot,
      .listShardSnapshots, .downloadShardSnapshot, .streamShardSnapshot, .partialSnapshotManifest,
      .listFullSnapshots, .downloadFullSnapshot:
      .reads
    case .createCollection, .updateCollection, .deleteCollection, .changeAliases, .createIndex,
      .deleteIndex, .createVector, .deleteVector, .upsertPoints, .conditionalUpsert,
      .deletePoints, .deletePointsByFilter, .updateVectors, .deleteVectors,
      .deleteVectorsByFilter, .setPayload, .overwritePayload, .deletePayload, .clearPayload,
      .clearPayloadByFilter:
      .sendsOn
    case .recoverSnapshot, .recoverShardSnapshot, .recoverPartialSnapshot: .refuses
    case .clearIssues, .updateLogger, .updateQuotas, .createSnapshot, .deleteSnapshot,
      .createShardSnapshot, .deleteShardSnapshot, .createFullSnapshot, .deleteFullSnapshot:
      .changesItself
    case .recoverPeer, .removePeer, .updateShards, .createShardKey, .deleteShardKey:
      .answersAsAnyServer
    }
  }

  /// Whether it changes what all servers of a log have, and is sent to the one that takes changes.
  public var isForwarded: Bool { atFollower == .sendsOn }

  /// Whether callers say if they wait for it; others wait always.
  public var asksWhetherToWait: Bool { requirement == .write || requirement == .writeExtras }

  /// Whether the audit log has a line for it: figures that are fetched every few seconds have none.
  var isAudited: Bool {
    switch self {
    case .telemetry, .clusterTelemetry, .metrics, .reflection, .root, .healthCheck, .dashboard:
      false
    default: true
    }
  }
}

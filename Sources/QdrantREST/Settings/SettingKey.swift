public import ServiceProcess

/// Every setting there is, by its place in the configuration file.
///
/// `service.http_port` is `QUIVER__SERVICE__HTTP_PORT` in the environment.
public enum SettingKey: String, Sendable, CaseIterable {
  /// The address to listen on.
  case host = "service.host"
  /// The REST port.
  case httpPort = "service.http_port"
  /// A port for the figures alone, which asks for no key; 0 or nothing for none.
  case metricsPort = "service.metrics_port"
  /// The gRPC port; 0 or nothing for none.
  case grpcPort = "service.grpc_port"
  /// The key that permits everything.
  case apiKey = "service.api_key"
  /// Another key that permits everything, while one replaces the other.
  case altAPIKey = "service.alt_api_key"
  /// The key that permits reading.
  case readOnlyAPIKey = "service.read_only_api_key"
  /// Whether tokens are taken that one of the keys has signed.
  case jwtRBAC = "service.jwt_rbac"
  /// Whether both transports speak TLS.
  case enableTLS = "service.enable_tls"
  /// Whether clients must show a certificate of the given authorities.
  case verifyClients = "service.verify_https_client_certificate"
  /// The server's certificate.
  case tlsCertificate = "tls.cert"
  /// Its private key.
  case tlsKey = "tls.key"
  /// The authorities of clients' certificates.
  case tlsAuthorities = "tls.ca_cert"
  /// After how many seconds the certificate is read anew; 0 for never.
  case tlsReloadSeconds = "tls.cert_ttl"
  /// Whether pages of other origins may call the server from browsers.
  case enableCORS = "service.enable_cors"
  /// Whether there is a dashboard at `/dashboard`.
  case enableStaticContent = "service.enable_static_content"
  /// A folder with the dashboard's pages, instead of the built-in ones.
  case staticContentFolder = "service.static_content_dir"
  /// The largest request body, in MiB.
  case maxRequestSizeMB = "service.max_request_size_mb"
  /// Request bodies in memory at once, in MiB.
  case maxInflightMB = "service.max_inflight_mb"
  /// The largest snapshot that may be uploaded, in MiB.
  case maxSnapshotUploadMB = "service.max_snapshot_upload_mb"
  /// Whether snapshots may be recovered from URLs.
  case enableSnapshotURLRecovery = "service.enable_snapshot_url_recovery"
  /// How long the port outlives readiness.
  case shutdownGraceMilliseconds = "service.shutdown_grace_ms"
  /// The data directory.
  case storagePath = "storage.storage_path"
  /// The directory of snapshots.
  case snapshotsPath = "storage.snapshots_path"
  /// Collections that there may be; nothing for as many as the engine takes.
  case maxCollections = "storage.max_collections"
  /// `sync`, or `interval:<ms>`.
  case durability = "storage.durability"
  /// Memory that collections, caches and requests may take, in MiB; 0 means no limit.
  case memoryLimitMB = "storage.limits.memory_mb"
  /// The size that the data directory may reach, in MiB; 0 means no limit.
  case diskLimitMB = "storage.limits.disk_mb"
  /// Free space that writes leave on the file system of the data directory, in MiB.
  case diskReserveMB = "storage.limits.disk_reserve_mb"
  /// Memory for vectors that stay on disk and were read lately, in MiB.
  case vectorCacheMB = "storage.performance.vector_cache_mb"
  /// New vectors of one name in memory, in MiB, before a file takes those that stay on disk.
  case vectorTailMB = "storage.performance.vector_tail_mb"
  /// Threads that searches run on; 0 means one a core.
  case searchThreads = "storage.performance.max_search_threads"
  /// How long a request about points may take before it is logged as slow; 0 logs none.
  case slowRequestMilliseconds = "service.slow_request_ms"
  /// Whether it is written down who asks for what.
  case auditEnabled = "audit.enabled"
  /// Where.
  case auditFolder = "audit.dir"
  /// `daily` or `hourly`.
  case auditRotation = "audit.rotation"
  /// Files that stay.
  case auditFilesMax = "audit.max_log_files"
  /// Whether lines tell the path or the call.
  case auditNamesAPI = "audit.log_api"
  /// Whether a proxy's word is taken for who calls.
  case auditTrustsForwarding = "audit.trust_forwarded_headers"
  /// Where spans of traces are sent; without it none are recorded.
  case tracingEndpoint = "tracing.endpoint"
  /// The share of the traces that begin here which are recorded.
  case tracingRatio = "tracing.sampling_ratio"
  /// What the server is called in traces.
  case tracingName = "tracing.service_name"
  /// Headers of what is sent to the collector.
  case tracingHeaders = "tracing.headers"
  /// A file of certificates by which the collector is known, beside those of the system.
  case tracingAuthorities = "tracing.ca_cert"
  /// The object storage that gets the log of all changes, as `s3://bucket/prefix`; without it
  /// there is none.
  case replicationURL = "replication.url"
  /// The service; nothing is Amazon's.
  case replicationEndpoint = "replication.endpoint"
  /// Its region.
  case replicationRegion = "replication.region"
  /// How the bucket is named: `path` or `virtual-host`.
  case replicationAddressing = "replication.addressing"
  /// A file of certificates by which it is known, beside those of the system.
  case replicationAuthorities = "replication.ca_cert"
  /// The public half of the key to it.
  case replicationKeyID = "replication.access_key_id"
  /// Its secret half.
  case replicationSecret = "replication.secret_access_key"
  /// `async` or `sync`.
  case replicationMode = "replication.mode"
  /// Changes that may wait to be shipped, in MiB.
  case replicationBacklogMB = "replication.backlog_mb"
  /// How long changes are gathered before they are shipped together.
  case replicationGatherMilliseconds = "replication.gather_ms"
  /// Seconds between two snapshots in the object storage.
  case replicationSnapshotSeconds = "replication.snapshot_interval_sec"
  /// How long points in time can be restored, in seconds.
  case replicationRetentionSeconds = "replication.retention_sec"
  /// `auto`, or `follower` for a server that never takes the lead.
  case replicationRole = "replication.role"
  /// Where other servers and clients reach this one, as `http://host:port`.
  case replicationAddress = "replication.address"
  /// Where they reach its gRPC; the same host by itself.
  case replicationGRPCAddress = "replication.grpc_address"
  /// How long the leader may give no sign of life before another server takes the lead.
  case replicationTakeoverMilliseconds = "replication.takeover_ms"
  /// How long a write waits for the store that is answered from there.
  case replicationWriteMilliseconds = "replication.write_timeout_ms"
  /// The least severe messages that are logged.
  case logLevel = "log_level"
  /// `text` or `json`.
  case logFormat = "logger.format"

  /// Whether nothing is a value of its own.
  public var canBeEmpty: Bool { self == .grpcPort }

  /// Whether the value must never be shown.
  public var isSecret: Bool {
    switch self {
    case .apiKey, .altAPIKey, .readOnlyAPIKey, .tracingHeaders, .replicationSecret: true
    default: false
    }
  }
}

extension SettingKey: Setting {
  /// The name that it has in the file.
  public var path: String { rawValue }

  /// As in `QUIVER__SERVICE__HTTP_PORT`.
  public var variable: String {
    "QUIVER__" + rawValue.uppercased().split(separator: ".").joined(separator: "__")
  }

  /// The defaults are those of `ServerSettings`.
  public var defaultText: String? { nil }

  /// The server.
  public static var program: String { "quiver" }

  /// All that begins with the server's name.
  public static var prefixes: [String] { ["QUIVER__"] }

  /// Those below `tracing`.
  public static func tracing(_ member: TracingSettings.Member) -> SettingKey? {
    switch member {
    case .endpoint: .tracingEndpoint
    case .samplingRatio: .tracingRatio
    case .serviceName: .tracingName
    case .headers: .tracingHeaders
    case .authorities: .tracingAuthorities
    }
  }
}

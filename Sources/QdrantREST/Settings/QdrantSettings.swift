public import ServiceProcess

extension SettingKey {
  /// Qdrant's configuration, in its files and in `QDRANT__…` variables.
  ///
  /// Its names for what this server has are this server's own. Here is the rest: what does nothing
  /// is told, what promises protection refuses the start.
  public static var adopted: AdoptedSettings? { qdrant }

  private static let qdrant = AdoptedSettings(
    prefix: "QDRANT__",
    rules: [
      "service.enforce_internal_auth": .protection,
      "cluster.p2p.enable_tls": .protection,

      "cluster.enabled": .noEffectBut(["false", "0", "no", "off"]),
      "storage.node_type": .noEffectBut(["normal"]),
      "storage.snapshots_config.snapshots_storage": .noEffectBut(["local"]),
      // Nothing is ever sent.
      "telemetry_disabled": .noEffectBut(["true", "false", "1", "0", "yes", "no", "on", "off"]),

      "service.max_workers": .noEffect,
      "service.http_keep_alive_timeout_sec": .noEffect,
      "service.http_client_request_timeout_sec": .noEffect,
      "service.http_client_disconnect_timeout_sec": .noEffect,
      "service.hide_jwt_dashboard": .noEffect,
      "service.slow_query_secs": .noEffect,
      "service.hardware_reporting": .noEffect,
      "service.metrics_prefix": .noEffect,
      "storage.temp_path": .noEffect,
      "storage.on_disk_payload": .noEffect,
      "storage.mmap_advice": .noEffect,
      "storage.low_memory_mode": .noEffect,
      "storage.update_queue_size": .noEffect,
      "storage.handle_collection_load_errors": .noEffect,
      "storage.recovery_mode": .noEffect,
      "storage.update_concurrency": .noEffect,
      "storage.shard_transfer_method": .noEffect,
      "storage.performance.max_optimization_runtime_threads": .noEffect,
      "storage.performance.update_rate_limit": .noEffect,
      "storage.performance.search_timeout_sec": .noEffect,
      "storage.performance.optimizer_cpu_budget": .noEffect,
      "storage.performance.optimizer_io_budget": .noEffect,
      "storage.performance.incoming_shard_transfers_limit": .noEffect,
      "storage.performance.outgoing_shard_transfers_limit": .noEffect,
      "storage.performance.async_scorer": .noEffect,
      "storage.performance.io_uring": .noEffect,
      "storage.performance.max_concurrent_collection_loads": .noEffect,
      "storage.performance.max_concurrent_shard_loads": .noEffect,
      "storage.performance.max_concurrent_segment_loads": .noEffect,
      "logger.log_level": .noEffect,
      "logger.color": .noEffect,
      "logger.span_events": .noEffect,
      "debug": .noEffect,
    ],
    sections: [
      "storage.snapshots_config", "storage.payload", "storage.optimizers",
      "storage.optimizers_overwrite", "storage.wal", "storage.hnsw_index",
      "storage.hnsw_global_config", "storage.collection", "storage.quotas", "logger.on_disk",
      "cluster", "gpu", "inference", "debugger", "feature_flags", "audit",
    ],
    files: ["config/config.yaml", "config/production.yaml", "config/local.yaml"])
}

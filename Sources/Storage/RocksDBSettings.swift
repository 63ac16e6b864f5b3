import CRocksDB

/// Owns the native option objects of one store and frees them after it is closed.
///
/// SAFETY: every pointer is set in `init` and destroyed in `deinit`; in between RocksDB only reads
/// the objects, and the block cache is thread-safe by its contract.
final class RocksDBSettings: @unchecked Sendable {
  /// Options of the whole database, and the template of its first family.
  let database: OpaquePointer
  let cache: OpaquePointer
  let reads: OpaquePointer
  let writes: OpaquePointer
  let syncedWrites: OpaquePointer
  private let environment: OpaquePointer
  private var families: [OpaquePointer] = []
  private let limits: StoreOptions
  private let compacts: Bool

  /// Fails only if an allocation does. `isNew` allows RocksDB to create the database, `compacts`
  /// to compact tables by itself.
  init?(_ limits: StoreOptions, isNew: Bool, compacts: Bool) {
    guard let database = Self.withoutPreallocation(),
      let cache = rocksdb_cache_create_lru(max(0, limits.blockCacheBytes)),
      let reads = rocksdb_readoptions_create(),
      let writes = rocksdb_writeoptions_create(),
      let syncedWrites = rocksdb_writeoptions_create(),
      let environment = rocksdb_create_default_env()
    else { return nil }
    self.database = database
    self.cache = cache
    self.reads = reads
    self.writes = writes
    self.syncedWrites = syncedWrites
    self.environment = environment
    self.limits = limits
    self.compacts = compacts
    // Compactions run in the low pool, flushes, for which writers may wait, in the high one.
    rocksdb_env_lower_thread_pool_io_priority(environment)
    rocksdb_env_lower_thread_pool_cpu_priority(environment)
    rocksdb_options_set_env(database, environment)
    rocksdb_writeoptions_set_sync(writes, 0)
    rocksdb_writeoptions_set_sync(syncedWrites, 1)
    configure(database, isNew: isNew)
  }

  /// Options that reserve no disk space ahead: RocksDB would reserve a log as large as all write
  /// buffers. The C interface sets this through text only.
  private static func withoutPreallocation() -> OpaquePointer? {
    guard let plain = rocksdb_options_create() else { return nil }
    defer { rocksdb_options_destroy(plain) }
    guard let options = rocksdb_options_create() else { return nil }
    var slot: UnsafeMutablePointer<CChar>?
    rocksdb_get_options_from_string(plain, "allow_fallocate=false", options, &slot)
    if takeMessage(&slot) == nil { return options }
    rocksdb_options_destroy(options)
    return nil
  }

  deinit {
    for family in families { rocksdb_options_destroy(family) }
    rocksdb_writeoptions_destroy(syncedWrites)
    rocksdb_writeoptions_destroy(writes)
    rocksdb_readoptions_destroy(reads)
    rocksdb_options_destroy(database)
    rocksdb_env_destroy(environment)
    rocksdb_cache_destroy(cache)
  }

  /// Database-wide settings.
  private func configure(_ options: OpaquePointer, isNew: Bool) {
    rocksdb_options_set_create_if_missing(options, isNew ? 1 : 0)
    rocksdb_options_set_create_missing_column_families(options, 1)
    rocksdb_options_set_paranoid_checks(options, 1)
    // The default mode stops silently at the first damaged record and so would drop synced writes
    // behind it. Only a torn end, which a power cut leaves, may be forgiven.
    rocksdb_options_set_wal_recovery_mode(
      options, Int32(rocksdb_tolerate_corrupted_tail_records_recovery))
    // Families flushed one by one leave a batch half replayed when its log is cut off or refused:
    // together they advance as one.
    rocksdb_options_set_atomic_flush(options, 1)
    // RocksDB's own information log lies in the data directory and aborts the process when a line
    // finds the disk full, so it says no more than what it was opened with (level 5, header).
    rocksdb_options_set_info_log_level(options, 5)
    rocksdb_options_set_max_log_file_size(options, 2 << 20)
    rocksdb_options_set_keep_log_file_num(options, 3)
    // A recycled log file can't tell old records from damage.
    rocksdb_options_set_recycle_log_file_num(options, 0)
    // Flushes are asked for by the store alone (FlushControl): no size brings one about.
    rocksdb_options_set_db_write_buffer_size(options, 0)
    rocksdb_options_set_max_total_wal_size(options, 1 << 60)
    rocksdb_options_set_max_open_files(options, Int32(clamping: max(16, limits.maxOpenFiles)))
    rocksdb_options_set_max_background_jobs(options, Int32(clamping: max(1, limits.backgroundJobs)))
    rocksdb_options_set_bytes_per_sync(options, 1 << 20)
    rocksdb_options_set_max_manifest_file_size(options, 64 << 20)
    // Destroying an iterator must not make a reader wait for the deletion of files.
    rocksdb_options_set_avoid_unnecessary_blocking_io(options, 1)
    rocksdb_options_set_stats_dump_period_sec(options, 0)
    rocksdb_options_set_stats_persist_period_sec(options, 0)
  }

  /// What the write buffers of all families may take together.
  var writeBufferBytesTotal: Int { max(1 << 20, limits.writeBufferBytesTotal) }

  /// New options for a family of this profile; they live as long as `self`.
  ///
  /// To be called before the database is opened only.
  func family(_ profile: ColumnFamily.Profile) -> OpaquePointer? {
    guard let options = rocksdb_options_create() else { return nil }
    families.append(options)
    let lz4 = Int32(rocksdb_lz4_compression)
    rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1)
    rocksdb_options_set_write_buffer_size(options, 64 << 30)
    rocksdb_options_set_arena_block_size(options, 1 << 20)
    rocksdb_options_set_max_write_buffer_number(options, 3)
    rocksdb_options_set_paranoid_checks(options, 1)
    rocksdb_options_set_disable_auto_compactions(options, compacts ? 0 : 1)
    rocksdb_options_set_compression(options, lz4)
    var blockSize = 16 << 10
    var hasFilter = false
    switch profile {
    case .small:
      rocksdb_options_set_arena_block_size(options, 16 << 10)
      blockSize = 4 << 10
    case .records:
      rocksdb_options_set_bottommost_compression(options, Int32(rocksdb_zstd_compression))
      hasFilter = true
    case .vectors:
      rocksdb_options_set_compression(options, Int32(rocksdb_no_compression))
      rocksdb_options_set_bottommost_compression(options, Int32(rocksdb_no_compression))
      blockSize = 64 << 10
    case .lookup:
      blockSize = 8 << 10
      hasFilter = true
    }
    setTableFormat(options, blockSize: blockSize, hasFilter: hasFilter)
    return options
  }

  private func setTableFormat(_ options: OpaquePointer, blockSize: Int, hasFilter: Bool) {
    guard let table = rocksdb_block_based_options_create() else { return }
    defer { rocksdb_block_based_options_destroy(table) }
    rocksdb_block_based_options_set_block_size(table, blockSize)
    rocksdb_block_based_options_set_block_cache(table, cache)
    rocksdb_block_based_options_set_format_version(table, 5)
    // In the cache, index blocks and filters are bounded with everything else.
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1)
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1)
    if hasFilter {
      rocksdb_block_based_options_set_whole_key_filtering(table, 1)
      rocksdb_block_based_options_set_filter_policy(
        table, rocksdb_filterpolicy_create_bloom_full(10))
    }
    rocksdb_options_set_block_based_table_factory(options, table)
  }
}

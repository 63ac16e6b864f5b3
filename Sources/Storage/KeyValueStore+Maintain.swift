import CRocksDB

extension KeyValueStore {
  /// Deletes the table files that lie wholly in `from <= key < upTo`, at once and whatever
  /// snapshots see; an empty bound does not bound.
  ///
  /// It frees space fast but leaves the keys that share a file with others: delete the range as
  /// well. For ranges nobody reads any more.
  public func deleteFilesInRange(
    in family: ColumnFamily, from: [UInt8], upTo: [UInt8]
  ) throws(StorageError) {
    guard upTo.isEmpty || from.lexicographicallyPrecedes(upTo) else { return }
    if let failure { throw .failed(failure) }
    let last = Self.keyBelow(upTo)
    try database.call { native throws(StorageError) in
      let handle = try database.handle(family)
      var slot: UnsafeMutablePointer<CChar>?
      from.withRawBytes { from in
        last.withRawBytes { last in
          rocksdb_delete_file_in_range_cf(
            native, handle, from.isEmpty ? nil : from.characters, from.count,
            last.isEmpty ? nil : last.characters, last.count, &slot)
        }
      }
      try database.check(&slot)
    }
  }

  /// A key below `bound` and above almost all others below it. RocksDB counts the end of the range
  /// of files in, and a file that ends with `bound` holds a key that is not to be deleted.
  private static func keyBelow(_ bound: [UInt8]) -> [UInt8] {
    var key = bound
    guard let last = key.popLast(), last > 0 else { return key }
    return key + [last - 1] + [UInt8](repeating: .max, count: 16)
  }

  /// Rewrites the files of `from <= key < upTo` without deleted and overwritten entries, and waits
  /// for it; an empty bound does not bound. Files at the last level with nothing above them stay.
  public func compactRange(
    in family: ColumnFamily, from: [UInt8], upTo: [UInt8]
  ) throws(StorageError) {
    if let failure { throw .failed(failure) }
    try database.call { native throws(StorageError) in
      let handle = try database.handle(family)
      guard let options = rocksdb_compactoptions_create() else {
        throw .io("RocksDB could not allocate compaction options")
      }
      defer { rocksdb_compactoptions_destroy(options) }
      rocksdb_compactoptions_set_exclusive_manual_compaction(options, 0)
      // What the range has in write buffers it would flush for reasons of its own.
      try database.flush(native)
      database.flushes.closeForCompaction()
      from.withRawBytes { from in
        upTo.withRawBytes { upTo in
          rocksdb_compact_range_cf_opt(
            native, handle, options, from.isEmpty ? nil : from.characters, from.count,
            upTo.isEmpty ? nil : upTo.characters, upTo.count)
        }
      }
    }
  }

  /// About how many bytes the entries with `from <= key < upTo` take in table files, as compressed;
  /// an empty bound does not bound. Write buffers are not counted.
  public func approximateBytes(
    in family: ColumnFamily, from: [UInt8], upTo: [UInt8]
  ) throws(StorageError) -> UInt64 {
    let end = upTo.isEmpty ? [UInt8](repeating: .max, count: 64) : upTo
    guard from.lexicographicallyPrecedes(end) else { return 0 }
    return try database.call { native throws(StorageError) in
      let handle = try database.handle(family)
      var size: UInt64 = 0
      var slot: UnsafeMutablePointer<CChar>?
      from.withRawBytes { from in
        end.withRawBytes { end in
          rocksdb_approximate_sizes_cf(
            native, handle, 1, [from.characters], [from.count], [end.characters], [end.count],
            &size, &slot)
        }
      }
      try database.check(&slot)
      return size
    }
  }

  /// The memory the store uses now.
  public func memory() throws(StorageError) -> StoreMemory {
    try database.call { native throws(StorageError) in
      let cache = database.settings.cache
      var memory = StoreMemory(
        blockCache: rocksdb_cache_get_usage(cache),
        blockCachePinned: rocksdb_cache_get_pinned_usage(cache),
        blockCacheCapacity: rocksdb_cache_get_capacity(cache),
        writeBuffers: 0, tableReaders: 0)
      for family in database.families {
        func number(_ name: String) -> Int {
          var value: UInt64 = 0
          let status = rocksdb_property_int_cf(native, family.handle, name, &value)
          return status == 0 ? Int(clamping: value) : 0
        }
        memory.writeBuffers += number("rocksdb.size-all-mem-tables")
        memory.tableReaders += number("rocksdb.estimate-table-readers-mem")
      }
      return memory
    }
  }

  /// Makes a copy of the store in a new directory, mostly by hard links: the state as of now, as a
  /// store of its own. The directory must not exist, its parent must.
  public func checkpoint(at path: String) throws(StorageError) {
    if let failure { throw .failed(failure) }
    try database.call { native throws(StorageError) in
      // So that there is little log to copy. Left to itself, the checkpoint would flush for reasons
      // of its own.
      try database.flush(native)
      var slot: UnsafeMutablePointer<CChar>?
      let checkpoint = rocksdb_checkpoint_object_create(native, &slot)
      try database.check(&slot)
      guard let checkpoint else { throw .io("RocksDB could not allocate a checkpoint") }
      defer { rocksdb_checkpoint_object_destroy(checkpoint) }
      rocksdb_checkpoint_create(checkpoint, path, .max, &slot)
      if let message = takeMessage(&slot) { throw StorageError(status: message, path: path) }
    }
  }

  /// Reads one value of a checkpoint that nobody has open. It stays as it is but for a file named
  /// `LOG`.
  package static func value(
    of key: [UInt8], in family: ColumnFamily, ofCheckpoint path: String
  ) throws(StorageError) -> [UInt8]? {
    let database = try OpenDatabase.open(
      StoreDirectory(path: path), [family], StoreOptions(), isNew: false, isReadOnly: true)
    return try KeyValueStore(database).get(key, in: family)
  }
}

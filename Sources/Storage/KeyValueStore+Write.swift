import CRocksDB

extension KeyValueStore {
  /// Applies a batch: all of it, or on any error nothing that a later open would show in part.
  ///
  /// With `sync` the batch, and every write before it, is on disk when the call returns, at the
  /// price of one sync of the log. Without, `syncLog` or a later synced write makes it so.
  ///
  /// - Throws: the error of the write. After one that concerns the disk the store takes no more
  ///   writes: each throws `failed`, and the sync is never tried again, because the kernel may
  ///   have dropped the pages that a failed sync left behind.
  public func write(_ batch: borrowing WriteBatch, sync: Bool) throws(StorageError) {
    try write(sync: sync) { gathered throws(StorageError) in try gathered.append(batch) }
  }

  /// Applies all batches that `body` adds as one, like ``write(_:sync:)``. `body` must not call the
  /// store.
  public func write(
    sync: Bool, gathering body: (inout GatheredBatch) throws(StorageError) -> Void
  ) throws(StorageError) {
    if let failure { throw .failed(failure) }
    try database.call { connection throws(StorageError) in
      var gathered = try GatheredBatch(for: database)
      try body(&gathered)
      if gathered.count == 0 { return sync ? try syncLog() : () }
      let settings = database.settings
      // Writes of other threads may come in between, which only makes it promise less.
      let end = database.latestSequence + UInt64(gathered.count)
      try database.accessLog { slot in
        rocksdb_write(
          connection, sync ? settings.syncedWrites : settings.writes, gathered.pointer, &slot)
      }
      if sync { database.noteSynced(end) }
      database.noteWrite(entries: gathered.count, bytes: gathered.byteCount)
    }
  }

  /// Makes all earlier writes durable.
  ///
  /// - Throws: the error of the sync, after which the store takes no more writes.
  public func syncLog() throws(StorageError) {
    if let failure { throw .failed(failure) }
    try database.call { native throws(StorageError) in
      let end = database.latestSequence
      try database.accessLog { rocksdb_flush_wal(native, 1, &$0) }
      database.noteSynced(end)
    }
  }

  /// Takes note of flushes and compactions that ran by themselves, so that damage to what they
  /// made durable is found at the next open. To be called now and then.
  public func noteProgress() {
    try? database.call { _ in database.noteSynced(0) }
  }

  /// Writes the buffers of all families to table files, and waits for it.
  ///
  /// - Throws: the error of the flush, after which the store takes no more writes.
  public func flush() throws(StorageError) {
    if let failure { throw .failed(failure) }
    try database.call { native throws(StorageError) in try database.flush(native) }
  }
}

import CRocksDB

extension KeyValueStore {
  /// The value of `key`, now or at a snapshot of this store; nil if there is none.
  public func get(
    _ key: UnsafeRawBufferPointer, in family: ColumnFamily, at snapshot: StoreSnapshot? = nil
  ) throws(StorageError) -> [UInt8]? {
    try withValue(of: key, in: family, at: snapshot) { $0.map { [UInt8]($0) } }
  }

  /// The value of `key`, now or at a snapshot of this store; nil if there is none.
  public func get(
    _ key: [UInt8], in family: ColumnFamily, at snapshot: StoreSnapshot? = nil
  ) throws(StorageError) -> [UInt8]? {
    try withValue(of: key, in: family, at: snapshot) { $0.map { [UInt8]($0) } }
  }

  /// Lends the value of `key`, nil if there is none, without a copy. The bytes are valid within
  /// `body` only.
  public func withValue<R>(
    of key: UnsafeRawBufferPointer, in family: ColumnFamily, at snapshot: StoreSnapshot? = nil,
    _ body: (UnsafeRawBufferPointer?) throws(StorageError) -> R
  ) throws(StorageError) -> R {
    try database.call { native throws(StorageError) in
      let handle = try database.handle(family)
      var slot: UnsafeMutablePointer<CChar>?
      let pinned = rocksdb_get_pinned_cf(
        native, try readOptions(at: snapshot), handle, key.characters, key.count, &slot)
      try database.check(&slot)
      guard let pinned else { return try body(nil) }
      defer { rocksdb_pinnableslice_destroy(pinned) }
      return try body(pinnedBytes(pinned))
    }
  }

  /// Lends the value of `key`, nil if there is none, without a copy. The bytes are valid within
  /// `body` only.
  public func withValue<R>(
    of key: [UInt8], in family: ColumnFamily, at snapshot: StoreSnapshot? = nil,
    _ body: (UnsafeRawBufferPointer?) throws(StorageError) -> R
  ) throws(StorageError) -> R {
    try key.withRawBytes { bytes throws(StorageError) in
      try withValue(of: bytes, in: family, at: snapshot, body)
    }
  }

  /// Looks up many keys at once, and lends each value, nil for an absent key, to `body` with the
  /// index of its key, in the order of the keys.
  ///
  /// Cheaper than single gets because keys share block reads. Without a snapshot every 1,024 keys
  /// are read at their own moment. Duplicate keys are allowed. The first error of a key or of
  /// `body` ends the call.
  public func multiGet(
    _ keys: KeyList, in family: ColumnFamily, at snapshot: StoreSnapshot? = nil,
    _ body: (_ index: Int, _ value: UnsafeRawBufferPointer?) throws(StorageError) -> Void
  ) throws(StorageError) {
    try database.call { native throws(StorageError) in
      let read = MultiGet(
        database: native, options: try readOptions(at: snapshot),
        family: try database.handle(family), path: path)
      try keys.withRawBytes { bytes throws(StorageError) in
        var start = 0
        while start < keys.count {
          let end = min(start + MultiGet.chunk, keys.count)
          try read.run(keys, bytes, start..<end, body)
          start = end
        }
      }
    }
  }

  /// Iterates over the entries with `from <= key < upTo`; an empty bound does not bound.
  ///
  /// - Parameter fillCache: false keeps a long scan from pushing everything else out of the block
  ///   cache.
  public func scan(
    in family: ColumnFamily, from: [UInt8], upTo: [UInt8], at snapshot: StoreSnapshot? = nil,
    fillCache: Bool = true
  ) throws(StorageError) -> StoreIterator {
    _ = try readOptions(at: snapshot)
    return try database.call { native throws(StorageError) in
      try StoreIterator(
        database: database, native: native, family: try database.handle(family),
        bounds: (from, upTo), snapshot: snapshot, fillCache: fillCache)
    }
  }

  /// The options for a read, which for a snapshot are its own.
  private func readOptions(at snapshot: StoreSnapshot?) throws(StorageError) -> OpaquePointer {
    guard let snapshot else { return database.settings.reads }
    precondition(snapshot.database === database, "a snapshot of another store")
    guard let reads = snapshot.reads else { throw .closed }
    return reads
  }
}

/// The bytes of a pinned value, valid until it is destroyed.
func pinnedBytes(_ pinned: OpaquePointer) -> UnsafeRawBufferPointer {
  var count = 0
  let start = rocksdb_pinnableslice_value(pinned, &count)
  return UnsafeRawBufferPointer(start: start, count: count)
}

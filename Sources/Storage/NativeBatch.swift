import CRocksDB

/// A batch in RocksDB's own form, freed at the end of its scope.
struct NativeBatch: ~Copyable {
  let pointer: OpaquePointer

  /// To be called within a call of `database`, which keeps the family handles alive.
  init(_ batch: borrowing WriteBatch, _ database: OpenDatabase) throws(StorageError) {
    var handles: [OpaquePointer] = []
    for family in batch.families { handles.append(try database.handle(family)) }
    // The C interface drops the status of additions, so that its limits are kept here.
    let limit = Int(UInt32.max)
    guard batch.byteCount < limit, batch.count < Int(Int32.max) else {
      throw .io("a batch of \(batch.byteCount) bytes is more than RocksDB takes")
    }
    guard let pointer = rocksdb_writebatch_create() else {
      throw .io("RocksDB could not allocate a batch")
    }
    batch.bytes.withRawBytes { bytes in
      var key = bytes.characters
      for entry in batch.entries {
        let value = key.map { $0 + entry.keyCount }
        let handle = handles[Int(entry.family)]
        switch entry.change {
        case .put:
          rocksdb_writebatch_put_cf(
            pointer, handle, key, entry.keyCount, value, entry.valueCount)
        case .delete:
          rocksdb_writebatch_delete_cf(pointer, handle, key, entry.keyCount)
        case .deleteRange:
          rocksdb_writebatch_delete_range_cf(
            pointer, handle, key, entry.keyCount, value, entry.valueCount)
        }
        key = value.map { $0 + entry.valueCount }
      }
    }
    guard Int(rocksdb_writebatch_count(pointer)) == batch.count else {
      rocksdb_writebatch_destroy(pointer)
      throw .io("RocksDB refused a part of a batch")
    }
    self.pointer = pointer
  }

  deinit { rocksdb_writebatch_destroy(pointer) }
}

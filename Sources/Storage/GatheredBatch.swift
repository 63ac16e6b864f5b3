import CRocksDB

/// Batches that become one write, in RocksDB's own form.
///
/// It is made within a call of its database, which keeps the family handles alive, and freed at the
/// end of its scope.
public struct GatheredBatch: ~Copyable {
  let pointer: OpaquePointer
  private let database: OpenDatabase
  private(set) var count = 0
  private(set) var byteCount = 0

  init(for database: OpenDatabase) throws(StorageError) {
    guard let pointer = rocksdb_writebatch_create() else {
      throw .io("RocksDB could not allocate a batch")
    }
    self.pointer = pointer
    self.database = database
  }

  /// Adds the changes of `batch`, after those that were added before.
  public mutating func append(_ batch: borrowing WriteBatch) throws(StorageError) {
    var handles: [OpaquePointer] = []
    for family in batch.families { handles.append(try database.handle(family)) }
    count += batch.count
    byteCount += batch.byteCount
    // The C interface drops the status of additions, so that its limits are kept here.
    guard byteCount < Int(UInt32.max), count < Int(Int32.max) else {
      throw .io("a batch of \(byteCount) bytes is more than RocksDB takes")
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
    guard Int(rocksdb_writebatch_count(pointer)) == count else {
      throw .io("RocksDB refused a part of a batch")
    }
  }

  deinit { rocksdb_writebatch_destroy(pointer) }
}

import CRocksDB

/// The state of a store at one moment. Reads at it see no later write.
///
/// It is released with its last reference. Until then the versions it sees stay on disk, and the
/// store stays open unless it is closed explicitly.
///
/// SAFETY: the pointers are set in `init` and only read afterwards; RocksDB takes snapshots and
/// read options from any thread.
public final class StoreSnapshot: @unchecked Sendable {
  let database: OpenDatabase
  let reads: OpaquePointer?
  private let handle: OpaquePointer?

  init(of database: OpenDatabase) {
    self.database = database
    handle = database.createSnapshot()
    reads = handle == nil ? nil : rocksdb_readoptions_create()
    if let reads { rocksdb_readoptions_set_snapshot(reads, handle) }
  }

  deinit {
    if let reads { rocksdb_readoptions_destroy(reads) }
    if let handle { database.releaseSnapshot(handle) }
  }

  /// Makes other read options read at this snapshot.
  func apply(to options: OpaquePointer) {
    rocksdb_readoptions_set_snapshot(options, handle)
  }
}

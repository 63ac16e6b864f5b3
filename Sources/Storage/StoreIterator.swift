import CRocksDB

/// A walk over the entries between two bounds, as of the moment it was made.
///
/// The database stays open, and its directory locked, while an iterator lives.
public struct StoreIterator: ~Copyable {
  private let database: OpenDatabase
  private let snapshot: StoreSnapshot?
  private let options: OpaquePointer
  private let iterator: OpaquePointer
  /// Both bounds one after the other; RocksDB keeps pointers to them.
  private let bounds: UnsafeMutableRawBufferPointer
  private var hasStarted = false
  private var isOnEntry = false
  private var hasEnded = false

  init(
    database: OpenDatabase, native: OpaquePointer, family: OpaquePointer,
    bounds range: (from: [UInt8], upTo: [UInt8]), snapshot: StoreSnapshot?, fillCache: Bool
  ) throws(StorageError) {
    guard let options = rocksdb_readoptions_create() else {
      throw .io("RocksDB could not allocate read options")
    }
    snapshot?.apply(to: options)
    rocksdb_readoptions_set_fill_cache(options, fillCache ? 1 : 0)
    let bytes = range.from + range.upTo
    let bounds = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    bounds.copyBytes(from: bytes)
    let start = UnsafeRawBufferPointer(bounds).characters
    let fromCount = range.from.count
    if fromCount > 0 {
      rocksdb_readoptions_set_iterate_lower_bound(options, start, fromCount)
    }
    if !range.upTo.isEmpty {
      rocksdb_readoptions_set_iterate_upper_bound(
        options, start.map { $0 + fromCount }, range.upTo.count)
    }
    guard let iterator = rocksdb_create_iterator_cf(native, options, family) else {
      rocksdb_readoptions_destroy(options)
      bounds.deallocate()
      throw .io("RocksDB could not create an iterator")
    }
    database.retainIterator()
    self.database = database
    self.snapshot = snapshot
    self.options = options
    self.iterator = iterator
    self.bounds = bounds
    // Crossed bounds are an empty range, which RocksDB does not promise to see.
    if !range.upTo.isEmpty, !range.from.lexicographicallyPrecedes(range.upTo) { hasEnded = true }
  }

  deinit {
    rocksdb_iter_destroy(iterator)
    rocksdb_readoptions_destroy(options)
    bounds.deallocate()
    database.releaseIterator()
  }

  /// Goes to the next entry, at first to the first one; false at the end.
  ///
  /// - Throws: what reading failed with, so that an end is never mistaken; `closed` once the store
  ///   was closed.
  public mutating func next() throws(StorageError) -> Bool {
    isOnEntry = false
    guard !hasEnded else { return false }
    guard !database.refusesCalls else { throw .closed }
    if hasStarted {
      rocksdb_iter_next(iterator)
    } else {
      hasStarted = true
      rocksdb_iter_seek_to_first(iterator)
    }
    isOnEntry = rocksdb_iter_valid(iterator) != 0
    if !isOnEntry {
      hasEnded = true
      var slot: UnsafeMutablePointer<CChar>?
      rocksdb_iter_get_error(iterator, &slot)
      try database.check(&slot)
    }
    return isOnEntry
  }

  /// The key of the entry, valid until `next` or the end of the iterator; empty off an entry.
  public var key: UnsafeRawBufferPointer {
    guard isOnEntry else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    var count = 0
    let start = rocksdb_iter_key(iterator, &count)
    return UnsafeRawBufferPointer(start: start, count: count)
  }

  /// The value of the entry, valid until `next` or the end of the iterator; empty off an entry.
  public var value: UnsafeRawBufferPointer {
    guard isOnEntry else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    var count = 0
    let start = rocksdb_iter_value(iterator, &count)
    return UnsafeRawBufferPointer(start: start, count: count)
  }
}

import CRocksDB

/// One batched lookup inside a call.
struct MultiGet {
  /// Keys in one native call. It bounds the memory pinned at a time.
  static let chunk = 1024

  let database: OpaquePointer
  let options: OpaquePointer
  let family: OpaquePointer
  let path: String

  /// Looks up the keys of `range`, at most `chunk` of them, whose bytes are in `bytes`.
  func run(
    _ keys: KeyList, _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>,
    _ body: (_ index: Int, _ value: UnsafeRawBufferPointer?) throws(StorageError) -> Void
  ) throws(StorageError) {
    var starts: [UnsafePointer<CChar>?] = []
    var sizes: [Int] = []
    starts.reserveCapacity(range.count)
    sizes.reserveCapacity(range.count)
    for index in range {
      let bounds = keys.bounds(of: index)
      starts.append(bytes.characters.map { $0 + bounds.lowerBound })
      sizes.append(bounds.count)
    }
    var values = [OpaquePointer?](repeating: nil, count: range.count)
    var slots = [UnsafeMutablePointer<CChar>?](repeating: nil, count: range.count)
    rocksdb_batched_multi_get_cf(
      database, options, family, range.count, starts, sizes, &values, &slots, false)
    defer {
      for case .some(let value) in values { rocksdb_pinnableslice_destroy(value) }
      for case .some(let slot) in slots { rocksdb_free(slot) }
    }
    for (place, index) in range.enumerated() {
      if let message = takeMessage(&slots[place]) {
        throw StorageError(status: message, path: path)
      }
      try body(index, values[place].map(pinnedBytes))
    }
  }
}

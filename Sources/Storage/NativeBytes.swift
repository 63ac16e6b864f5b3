import CRocksDB

extension UnsafeRawBufferPointer {
  /// The bytes as RocksDB takes them; nil for an empty buffer without memory.
  var characters: UnsafePointer<CChar>? {
    baseAddress?.assumingMemoryBound(to: CChar.self)
  }
}

extension Array where Element == UInt8 {
  /// `withUnsafeBytes` that keeps the type of a thrown error.
  func withRawBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try withUnsafeBufferPointer { (bytes: UnsafeBufferPointer<UInt8>) throws(E) -> R in
      try body(UnsafeRawBufferPointer(bytes))
    }
  }
}

/// Takes the message out of an error slot of the C interface, and frees and clears the slot.
func takeMessage(_ slot: inout UnsafeMutablePointer<CChar>?) -> String? {
  guard let text = slot else { return nil }
  slot = nil
  defer { rocksdb_free(text) }
  return String(cString: text)
}

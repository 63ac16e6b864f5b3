/// MurmurHash3 of 32 bits with seed 0 (Appleby, 2011).
enum MurmurHash3 {
  static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    var hash: UInt32 = 0
    var position = 0
    while position + 4 <= bytes.count {
      hash ^= mixed(word(bytes, position, 4))
      hash = (hash << 13 | hash >> 19) &* 5 &+ 0xe654_6b64
      position += 4
    }
    if position < bytes.count { hash ^= mixed(word(bytes, position, bytes.count - position)) }
    return finished(hash ^ UInt32(truncatingIfNeeded: bytes.count))
  }

  /// Up to four bytes from `position` on, little-endian.
  private static func word(
    _ bytes: UnsafeBufferPointer<UInt8>, _ position: Int, _ count: Int
  ) -> UInt32 {
    (0..<count).reduce(0) { $0 | UInt32(bytes[position + $1]) << UInt32(8 * $1) }
  }

  private static func mixed(_ word: UInt32) -> UInt32 {
    let product = word &* 0xcc9e_2d51
    return (product << 15 | product >> 17) &* 0x1b87_3593
  }

  private static func finished(_ hash: UInt32) -> UInt32 {
    var hash = hash
    hash = (hash ^ hash >> 16) &* 0x85eb_ca6b
    hash = (hash ^ hash >> 13) &* 0xc2b2_ae35
    return hash ^ hash >> 16
  }
}

/// The checksum of RocksDB's logs: CRC-32 with Castagnoli's polynomial.
package struct CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 0 ? value >> 1 : value >> 1 ^ 0x82f6_3b78
    }
  }

  private var state: UInt32 = .max

  /// Of no bytes yet.
  package init() {}

  /// The checksum of all bytes given so far.
  package var value: UInt32 { ~state }

  /// The form in which logs keep it, so that a checksum over checksums stays a good one.
  var masked: UInt32 { (value >> 15 | value << 17) &+ 0xa282_ead8 }

  /// Goes on with `bytes`.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    state = Self.table.withUnsafeBufferPointer { table in
      bytes.reduce(state) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }
  }
}

import PointModel

/// A quick digest of vectors and numbers, by which equal ones are found again within a process. Not
/// for what an enemy could choose, and not for files.
struct VectorDigest {
  /// The digest of everything that was mixed in, in its order.
  private(set) var value: UInt64

  /// - Parameter seed: mixed in first.
  init(seed: UInt64) { value = seed }

  /// Mixes in a number.
  mutating func mix(_ bits: UInt64) {
    value = (value ^ bits) &* 0x9E37_79B9_7F4A_7C15
    value ^= value >> 29
  }

  /// Mixes in all that `vector` is made of.
  mutating func mix(_ vector: VectorValue) {
    switch vector {
    case .dense(let values): mix(values)
    case .multi(let vector): mix(vector.values)
    case .sparse(let vector):
      for index in vector.indices { mix(UInt64(index)) }
      mix(vector.values)
    }
  }

  private mutating func mix(_ values: [Float]) {
    values.withUnsafeBytes { bytes in
      var index = 0
      // Four at once, none of which waits for another.
      if bytes.count >= 64 {
        var lanes = (Self(seed: value), Self(seed: 1), Self(seed: 2), Self(seed: 3))
        while index + 32 <= bytes.count {
          lanes.0.mix(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
          lanes.1.mix(bytes.loadUnaligned(fromByteOffset: index + 8, as: UInt64.self))
          lanes.2.mix(bytes.loadUnaligned(fromByteOffset: index + 16, as: UInt64.self))
          lanes.3.mix(bytes.loadUnaligned(fromByteOffset: index + 24, as: UInt64.self))
          index += 32
        }
        value = lanes.0.value
        mix(lanes.1.value)
        mix(lanes.2.value)
        mix(lanes.3.value)
      }
      while index + 8 <= bytes.count {
        mix(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        index += 8
      }
      if index < bytes.count {
        mix(UInt64(bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)))
      }
    }
  }
}

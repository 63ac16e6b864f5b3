package import PointModel
package import VectorIndex

/// How many vectors there are, u32, little-endian, and then these, each as a column keeps it in
/// memory.
package struct MultiFormat: VectorFormat {
  /// Bytes before the vectors.
  static let countBytes = 4
  /// Vectors that a multivector may be guessed to have.
  private static let usualCount = 32

  private let codec: RowCodec

  /// Vectors as `codec` writes them.
  package init(_ codec: RowCodec) {
    self.codec = codec
  }

  /// Whether all stored vectors have one length.
  package var hasFixedLength: Bool { false }
  /// Bytes of a stored vector, about.
  package var storedBytes: Int { Self.countBytes + Self.usualCount * codec.rowBytes }

  /// Passes the number of rows and the rows as they are stored.
  package func withStored(_ value: VectorValue, _ body: (UnsafeRawBufferPointer) -> Void) {
    guard case .multi(let vector) = value else {
      preconditionFailure("a vector of another kind")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.countBytes + vector.count * codec.rowBytes)
    Self.append(count: vector.count, to: &bytes)
    bytes.append(contentsOf: codec.encoded(vector.values))
    bytes.withUnsafeBytes(body)
  }

  static func append(count: Int, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: UInt32(count).littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Whether so many bytes are one vector.
  package func fits(_ bytes: UnsafeRawBufferPointer) -> Bool {
    storedLength(at: bytes) == bytes.count
  }

  /// The length of a stored vector, if there are enough bytes.
  package func storedLength(at bytes: UnsafeRawBufferPointer) -> Int? {
    guard bytes.count >= Self.countBytes else { return nil }
    let count = Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
    // No product overflows: the count has 32 bits, and a vector far fewer than 2³⁰ bytes.
    let length = Self.countBytes + count * codec.rowBytes
    return count > 0 && length <= bytes.count ? length : nil
  }

  /// Whether no number is infinite or none.
  package func isFinite(_ bytes: UnsafeRawBufferPointer) -> Bool {
    codec.areFinite(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(Self.countBytes)))
  }
}

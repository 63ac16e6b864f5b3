package import PointModel
package import VectorIndex

/// How the vectors of one name are kept in the store and in snapshots: what is known of them from
/// the collection's configuration alone, without its rows.
package protocol VectorFormat: Sendable {
  /// Bytes of a stored vector; about, where they differ.
  var storedBytes: Int { get }

  /// Whether all stored vectors are as long.
  var hasFixedLength: Bool { get }

  /// Passes the stored form of a vector of this kind and shape.
  func withStored(_ value: VectorValue, _ body: (UnsafeRawBufferPointer) -> Void)

  /// Whether `bytes` have the length of a stored vector.
  func fits(_ bytes: UnsafeRawBufferPointer) -> Bool

  /// How many of `bytes`, which begin with a stored vector, belong to it; `nil` if they are none.
  func storedLength(at bytes: UnsafeRawBufferPointer) -> Int?

  /// Whether all numbers of a stored vector that ``fits(_:)`` are finite.
  func isFinite(_ bytes: UnsafeRawBufferPointer) -> Bool
}

extension VectorFormat {
  package var hasFixedLength: Bool { true }
}

/// A row of numbers, little-endian, as a column keeps it in memory.
package struct DenseFormat: VectorFormat {
  private let codec: RowCodec

  /// Vectors of `dimension` numbers.
  package init(dimension: Int, element: ElementType = .float32) {
    self.init(RowCodec(dimension: dimension, element: element))
  }

  /// Vectors as `codec` writes them.
  package init(_ codec: RowCodec) {
    self.codec = codec
  }

  package var storedBytes: Int { codec.rowBytes }

  package func withStored(_ value: VectorValue, _ body: (UnsafeRawBufferPointer) -> Void) {
    guard case .dense(let values) = value else {
      preconditionFailure("a vector of another kind")
    }
    if codec.element == .float32 {
      values.withUnsafeBytes(body)
    } else {
      codec.encoded(values).withUnsafeBytes(body)
    }
  }

  package func fits(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.count == storedBytes }

  package func storedLength(at bytes: UnsafeRawBufferPointer) -> Int? {
    bytes.count >= storedBytes ? storedBytes : nil
  }

  package func isFinite(_ bytes: UnsafeRawBufferPointer) -> Bool { codec.areFinite(bytes) }
}

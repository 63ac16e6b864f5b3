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

  /// The vector of bytes that ``fits(_:)``; `nil` where memory has all that the store has, so that
  /// nobody asks.
  func value(_ bytes: UnsafeRawBufferPointer) -> VectorValue?

  /// Whether all numbers of a stored vector that ``fits(_:)`` are finite.
  func isFinite(_ bytes: UnsafeRawBufferPointer) -> Bool
}

extension VectorFormat {
  /// Whether all stored vectors have one length.
  package var hasFixedLength: Bool { true }

  /// Of what is kept alike in memory.
  package func value(_ bytes: UnsafeRawBufferPointer) -> VectorValue? { nil }
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

  /// Bytes of a stored vector.
  package var storedBytes: Int { codec.rowBytes }

  /// Passes the numbers as they are stored, in the element of the column.
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

  /// Whether so many bytes are a vector.
  package func fits(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.count == storedBytes }

  /// The length of a stored vector, if there are enough bytes.
  package func storedLength(at bytes: UnsafeRawBufferPointer) -> Int? {
    bytes.count >= storedBytes ? storedBytes : nil
  }

  /// Whether no number is infinite or none.
  package func isFinite(_ bytes: UnsafeRawBufferPointer) -> Bool { codec.areFinite(bytes) }
}

package import PointModel
import VectorIndex

/// A sparse vector: how many elements it has, their indices, ascending, and their weights; all
/// little-endian, four bytes each.
package struct SparseFormat: VectorFormat {
  /// A format for vectors of any number of elements.
  package init() {}

  /// Whether all stored vectors have one length.
  package var hasFixedLength: Bool { false }

  /// What a text of some hundred words takes; vectors differ.
  package var storedBytes: Int { Self.storedBytes(elements: 64) }

  static func storedBytes(elements: Int) -> Int { 4 + 8 * elements }

  /// Passes a vector as it is stored.
  package func withStored(_ value: VectorValue, _ body: (UnsafeRawBufferPointer) -> Void) {
    let vector = value.sparseVector
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.storedBytes(elements: vector.indices.count))
    Self.append(vector.indices, vector.values, to: &bytes)
    bytes.withUnsafeBytes(body)
  }

  static func append(_ indices: [UInt32], _ weights: [Float], to bytes: inout [UInt8]) {
    withUnsafeBytes(of: UInt32(indices.count).littleEndian) { bytes.append(contentsOf: $0) }
    indices.withUnsafeBytes { bytes.append(contentsOf: $0) }
    weights.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  /// Whether indices ascend, too: what is searched relies on it.
  package func fits(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard storedLength(at: bytes) == bytes.count else { return false }
    let count = Self.count(bytes)
    for element in 1..<max(1, count)
    where Self.index(bytes, element - 1) >= Self.index(bytes, element) {
      return false
    }
    return true
  }

  /// The length of a stored vector, if there are enough bytes.
  package func storedLength(at bytes: UnsafeRawBufferPointer) -> Int? {
    guard bytes.count >= 4 else { return nil }
    let length = Self.storedBytes(elements: Self.count(bytes))
    return length <= bytes.count ? length : nil
  }

  /// The indices and the weights as they came.
  package func value(_ bytes: UnsafeRawBufferPointer) -> VectorValue? {
    let count = Self.count(bytes)
    return .sparse(
      SparseVector(
        ascending: (0..<count).map { Self.index(bytes, $0) },
        (0..<count).map { Self.weight(bytes, $0, of: count) }))
  }

  /// Whether no number is infinite or none.
  package func isFinite(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let count = Self.count(bytes)
    return (0..<count).allSatisfy { Self.weight(bytes, $0, of: count).isFinite }
  }

  private static func count(_ bytes: UnsafeRawBufferPointer) -> Int {
    Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
  }

  private static func weight(
    _ bytes: UnsafeRawBufferPointer, _ element: Int, of count: Int
  ) -> Float {
    bytes.loadUnaligned(fromByteOffset: 4 + 4 * count + 4 * element, as: Float.self)
  }

  private static func index(_ bytes: UnsafeRawBufferPointer, _ element: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 + 4 * element, as: UInt32.self))
  }
}

extension VectorValue {
  /// What must be a sparse vector.
  var sparseVector: SparseVector {
    guard case .sparse(let vector) = self else { preconditionFailure("a vector of another kind") }
    return vector
  }
}

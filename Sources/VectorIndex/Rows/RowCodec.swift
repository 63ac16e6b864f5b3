import CVectorKernels

/// How vectors of one dimension become bytes of rows, and come back: of an ``ElementType``, with
/// what that needs beside. Cheap to copy.
public struct RowCodec: Sendable {
  /// Numbers of a vector.
  public let dimension: Int
  /// What the numbers are kept as.
  public let element: ElementType
  let turbo: TurboCode?

  /// The codec of vectors of `dimension` numbers, at least one.
  public init(dimension: Int, element: ElementType = .float32) {
    precondition(dimension > 0, "a vector has at least one dimension")
    self.dimension = dimension
    self.element = element
    turbo = element == .turbo4 ? TurboCode(dimension: dimension) : nil
  }

  /// Bytes of a vector.
  public var rowBytes: Int { element.bytes(of: dimension) }

  /// Whole vectors as they are kept.
  package func encoded(_ values: [Float]) -> [UInt8] {
    let bytes = values.count / dimension * rowBytes
    return [UInt8](unsafeUninitializedCapacity: bytes) { buffer, count in
      count = bytes
      guard let first = buffer.baseAddress else { return }
      values.withUnsafeBufferPointer { encode($0, into: first) }
    }
  }

  /// Whole vectors as they are read again after they were kept.
  package func kept(_ values: [Float]) -> [Float] {
    if element == .float32 { return values }
    let row = encoded(values)
    return [Float](unsafeUninitializedCapacity: values.count) { buffer, count in
      count = values.count
      row.withUnsafeBytes { row in
        guard let address = row.baseAddress else { return }
        decode(address, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }

  /// Whether all numbers of whole vectors are finite; they need not be aligned.
  package func areFinite(_ row: UnsafeRawBufferPointer) -> Bool {
    switch element {
    case .float32:
      for position in stride(from: 0, to: row.count - 3, by: 4) {
        if !row.loadUnaligned(fromByteOffset: position, as: Float.self).isFinite { return false }
      }
    case .float16:
      for position in stride(from: 0, to: row.count - 1, by: 2) {
        if !row.loadUnaligned(fromByteOffset: position, as: Float16.self).isFinite { return false }
      }
    case .uint8: break
    case .turbo4:
      guard let turbo, let first = row.baseAddress else { return true }
      for position in stride(from: 0, to: row.count - rowBytes + 1, by: rowBytes) {
        if !turbo.isFinite(first + position) { return false }
      }
    }
    return true
  }

  /// Writes whole vectors as they are kept. `row` is aligned as their numbers are, or not at all.
  func encode(_ values: UnsafeBufferPointer<Float>, into row: UnsafeMutableRawPointer) {
    guard let first = values.baseAddress else { return }
    switch element {
    case .float32: row.copyMemory(from: first, byteCount: 4 * values.count)
    case .float16: vk_narrow(Kernels.active.code, first, values.count, row)
    case .uint8:
      let bytes = row.assumingMemoryBound(to: UInt8.self)
      for (index, value) in values.enumerated() {
        bytes[index] = value.isNaN ? 0 : UInt8(min(max(value, 0), 255))
      }
    case .turbo4:
      for number in 0..<values.count / dimension {
        turbo?.encode(first + number * dimension, into: row + number * rowBytes)
      }
    }
  }

  /// Reads what ``encode(_:into:)`` has written: whole vectors.
  func decode(_ row: UnsafeRawPointer, into values: UnsafeMutableBufferPointer<Float>) {
    guard let first = values.baseAddress else { return }
    if let turbo {
      for number in 0..<values.count / dimension {
        turbo.decode(row + number * rowBytes, into: first + number * dimension)
      }
    } else {
      vk_widen(Kernels.active.code, element.code, row, values.count, first)
    }
  }

  /// A vector of whole numbers or of floats in the form in which lists are looked for: as rows keep
  /// it, unless that would lose what queries need not, and normalised where cosines are compared.
  func listForm(of query: [Float], metric: Metric) -> [Float] {
    var vector = element == .turbo4 ? query : kept(query)
    if metric == .cosine { VectorMath.normalize(&vector) }
    return vector
  }
}

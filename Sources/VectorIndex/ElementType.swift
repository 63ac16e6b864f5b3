import CVectorKernels

/// What the numbers of a column's rows are kept as. Queries are turned into the same before they
/// are compared with rows.
public enum ElementType: Sendable, Hashable, CaseIterable {
  /// As they come.
  case float32
  /// Rounded to the nearest IEEE binary16; beyond ±65,504 infinite.
  case float16
  /// Cut to whole numbers from 0 to 255.
  case uint8

  /// Bytes a number.
  public var byteCount: Int {
    switch self {
    case .float32: 4
    case .float16: 2
    case .uint8: 1
    }
  }

  /// `values` as they are kept.
  package func encoded(_ values: [Float]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: byteCount * values.count) { buffer, count in
      count = byteCount * values.count
      guard let first = buffer.baseAddress else { return }
      var row = [UInt64](repeating: 0, count: (count + 7) / 8)
      row.withUnsafeMutableBytes { row in
        guard let address = row.baseAddress else { return }
        values.withUnsafeBufferPointer { encode($0, into: address) }
        UnsafeMutableRawPointer(first).copyMemory(from: address, byteCount: count)
      }
    }
  }

  /// `values` as they are read again after they were kept.
  package func kept(_ values: [Float]) -> [Float] {
    if self == .float32 { return values }
    let row = encoded(values)
    return [Float](unsafeUninitializedCapacity: values.count) { buffer, count in
      count = values.count
      row.withUnsafeBytes { row in
        guard let address = row.baseAddress else { return }
        decode(address, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }

  /// Whether all numbers of `row` are finite; it need not be aligned.
  package func areFinite(_ row: UnsafeRawBufferPointer) -> Bool {
    switch self {
    case .float32:
      for position in stride(from: 0, to: row.count - 3, by: 4) {
        if !row.loadUnaligned(fromByteOffset: position, as: Float.self).isFinite { return false }
      }
    case .float16:
      for position in stride(from: 0, to: row.count - 1, by: 2) {
        if !row.loadUnaligned(fromByteOffset: position, as: Float16.self).isFinite { return false }
      }
    case .uint8: break
    }
    return true
  }

  var code: vk_element {
    switch self {
    case .float32: VK_FLOAT32
    case .float16: VK_FLOAT16
    case .uint8: VK_UINT8
    }
  }

  /// Writes `values` as they are kept, ``byteCount`` bytes each.
  func encode(_ values: UnsafeBufferPointer<Float>, into row: UnsafeMutableRawPointer) {
    guard let first = values.baseAddress else { return }
    switch self {
    case .float32: row.copyMemory(from: first, byteCount: 4 * values.count)
    case .float16:
      let halves = row.assumingMemoryBound(to: Float16.self)
      for (index, value) in values.enumerated() { halves[index] = Float16(value) }
    case .uint8:
      let bytes = row.assumingMemoryBound(to: UInt8.self)
      for (index, value) in values.enumerated() {
        bytes[index] = value.isNaN ? 0 : UInt8(min(max(value, 0), 255))
      }
    }
  }

  /// Reads what ``encode(_:into:)`` has written.
  func decode(_ row: UnsafeRawPointer, into values: UnsafeMutableBufferPointer<Float>) {
    guard let first = values.baseAddress else { return }
    vk_widen(Kernels.active.code, code, row, values.count, first)
  }
}

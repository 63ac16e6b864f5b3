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
    switch self {
    case .float32: first.update(from: row.assumingMemoryBound(to: Float.self), count: values.count)
    case .float16:
      let halves = row.assumingMemoryBound(to: Float16.self)
      for index in values.indices { values[index] = Float(halves[index]) }
    case .uint8:
      let bytes = row.assumingMemoryBound(to: UInt8.self)
      for index in values.indices { values[index] = Float(bytes[index]) }
    }
  }
}

extension UnsafeRawBufferPointer {
  /// The integer whose most significant byte is at `offset`; nil if it would reach outside.
  @inlinable
  public func readBigEndian<T: FixedWidthInteger & UnsignedInteger>(
    _ type: T.Type = T.self, at offset: Int = 0
  ) -> T? {
    let size = MemoryLayout<T>.size
    guard offset >= 0, count >= size, offset <= count - size else { return nil }
    return T(bigEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
  }
}

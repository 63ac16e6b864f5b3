extension Array where Element == UInt8 {
  /// Appends an integer with its most significant byte first, so that keys order as numbers do.
  @inlinable
  public mutating func appendBigEndian<T: FixedWidthInteger & UnsignedInteger>(_ value: T) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }
}

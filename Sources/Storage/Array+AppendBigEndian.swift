extension Array where Element == UInt8 {
  /// Appends an integer with its most significant byte first, so that keys order as numbers do.
  @inlinable
  public mutating func appendBigEndian<T: FixedWidthInteger & UnsignedInteger>(_ value: T) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }

  /// The smallest key above all keys that start with these bytes: the exclusive end of a prefix.
  /// Empty, which means no bound, if there is no such key.
  public var prefixEnd: [UInt8] {
    var end = self
    while let last = end.popLast() {
      if last < .max {
        end.append(last + 1)
        return end
      }
    }
    return end
  }
}

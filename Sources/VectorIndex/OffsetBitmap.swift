/// A set of row offsets below a fixed row count, one bit a row.
///
/// Iterating gives the offsets in ascending order.
public struct OffsetBitmap: Sendable, Equatable, Sequence {
  /// Offsets in the set are lower than this.
  public let rowCount: UInt32
  /// How many offsets the set holds, O(1).
  public private(set) var count = 0
  private var words: [UInt64]

  /// An empty set of offsets below `rowCount`.
  public init(rowCount: UInt32) {
    self.rowCount = rowCount
    self.words = [UInt64](repeating: 0, count: (Int(rowCount) + 63) / 64)
  }

  /// Adds `offset`, which must be below ``rowCount``.
  public mutating func insert(_ offset: UInt32) {
    precondition(offset < rowCount, "offset outside of the bitmap")
    let bit = UInt64(1) << UInt64(offset & 63)
    let word = words[Int(offset >> 6)]
    guard word & bit == 0 else { return }
    words[Int(offset >> 6)] = word | bit
    count += 1
  }

  /// Whether the set holds `offset`; false at and above ``rowCount``.
  public func contains(_ offset: UInt32) -> Bool {
    guard offset < rowCount else { return false }
    return words[Int(offset >> 6)] & (1 << UInt64(offset & 63)) != 0
  }

  /// The offsets in ascending order.
  public func makeIterator() -> Iterator {
    Iterator(words: words)
  }

  /// Walks the set bits of a bitmap in ascending order.
  public struct Iterator: IteratorProtocol, Sendable {
    private let words: [UInt64]
    private var index = 0
    private var rest: UInt64

    fileprivate init(words: [UInt64]) {
      self.words = words
      self.rest = words.first ?? 0
    }

    /// The next higher offset in the set.
    public mutating func next() -> UInt32? {
      while rest == 0 {
        index += 1
        guard index < words.count else { return nil }
        rest = words[index]
      }
      let bit = rest.trailingZeroBitCount
      rest &= rest - 1
      return UInt32(index * 64 + bit)
    }
  }
}

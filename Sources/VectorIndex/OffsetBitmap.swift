/// A set of row offsets below a fixed row count: one bit a row or, when it is made of few offsets,
/// a list of them, which costs nothing for the rows that are not in it.
///
/// Iterating gives the offsets in ascending order.
public struct OffsetBitmap: Sendable, Sequence {
  /// Offsets in the set are lower than this.
  public let rowCount: UInt32
  /// How many offsets the set holds, O(1).
  public private(set) var count: Int
  private var storage: Storage

  fileprivate enum Storage: Sendable {
    case words([UInt64])
    /// Ascending, none twice.
    case offsets([UInt32])
  }

  /// An empty set of offsets below `rowCount`.
  public init(rowCount: UInt32) {
    self.rowCount = rowCount
    self.count = 0
    self.storage = .words([UInt64](repeating: 0, count: Self.wordCount(rowCount)))
  }

  /// A set of few offsets: ascending, none twice, all below `rowCount`.
  public init(rowCount: UInt32, ascending offsets: [UInt32]) {
    precondition(offsets.last ?? 0 < Swift.max(1, rowCount), "offset outside of the bitmap")
    self.rowCount = rowCount
    self.count = offsets.count
    self.storage = .offsets(offsets)
  }

  /// A set whose bits `fill` writes into words of 64 offsets that are all zero. Bits at and above
  /// `rowCount` are left out.
  public init(rowCount: UInt32, filledBy fill: (UnsafeMutableBufferPointer<UInt64>) -> Void) {
    self.rowCount = rowCount
    var words = [UInt64](repeating: 0, count: Self.wordCount(rowCount))
    var count = 0
    words.withUnsafeMutableBufferPointer { words in
      fill(words)
      if rowCount & 63 != 0 { words[words.count - 1] &= (1 << UInt64(rowCount & 63)) - 1 }
      for word in words { count += word.nonzeroBitCount }
    }
    self.count = count
    self.storage = .words(words)
  }

  private static func wordCount(_ rowCount: UInt32) -> Int { (Int(rowCount) + 63) / 64 }

  /// Adds `offset`, which must be below ``rowCount``.
  public mutating func insert(_ offset: UInt32) {
    precondition(offset < rowCount, "offset outside of the bitmap")
    guard case .words(var words) = storage else {
      let offsets = Array(self)
      self = OffsetBitmap(rowCount: rowCount)
      for offset in offsets { insert(offset) }
      return insert(offset)
    }
    // Nothing else may refer to the words while one is changed.
    storage = .offsets([])
    let bit = UInt64(1) << UInt64(offset & 63)
    if words[Int(offset >> 6)] & bit == 0 {
      words[Int(offset >> 6)] |= bit
      count += 1
    }
    storage = .words(words)
  }

  /// Whether the set holds `offset`; false at and above ``rowCount``.
  public func contains(_ offset: UInt32) -> Bool {
    guard offset < rowCount else { return false }
    switch storage {
    case .words(let words): return words[Int(offset >> 6)] & (1 << UInt64(offset & 63)) != 0
    case .offsets(let offsets):
      var low = 0
      var high = offsets.count
      while low < high {
        let middle = (low + high) / 2
        if offsets[middle] < offset { low = middle + 1 } else { high = middle }
      }
      return low < offsets.count && offsets[low] == offset
    }
  }

  /// How many of `count` offsets the set holds, one that is given twice counted twice.
  func containedCount(of offsets: UnsafePointer<UInt32>, _ count: Int) -> Int {
    guard case .words(let words) = storage else {
      return (0..<count).reduce(0) { $0 + (contains(offsets[$1]) ? 1 : 0) }
    }
    return words.withUnsafeBufferPointer { words in
      var contained = 0
      for index in 0..<count where offsets[index] < rowCount {
        let offset = offsets[index]
        contained += Int(words[Int(offset >> 6)] >> UInt64(offset & 63) & 1)
      }
      return contained
    }
  }

  /// The offsets in ascending order.
  public func makeIterator() -> Iterator {
    Iterator(storage)
  }

  /// Walks a set in ascending order.
  public struct Iterator: IteratorProtocol, Sendable {
    private let storage: Storage
    private var index = 0
    private var rest: UInt64 = 0

    fileprivate init(_ storage: Storage) {
      self.storage = storage
      if case .words(let words) = storage { rest = words.first ?? 0 }
    }

    /// The next higher offset in the set.
    public mutating func next() -> UInt32? {
      switch storage {
      case .offsets(let offsets):
        guard index < offsets.count else { return nil }
        defer { index += 1 }
        return offsets[index]
      case .words(let words):
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
}

extension OffsetBitmap: Equatable {
  /// Whether both hold the same offsets, below the same row count.
  public static func == (left: OffsetBitmap, right: OffsetBitmap) -> Bool {
    left.rowCount == right.rowCount && left.count == right.count && left.elementsEqual(right)
  }
}

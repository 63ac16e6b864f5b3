/// Rows below a fixed row count in the form that searches ask: one bit a row or, when they are
/// few, a list of them, which costs nothing for the rows that are not in it.
///
/// Iterating gives the offsets in ascending order.
public struct RowMask: Sendable, Sequence {
  /// Rows of a share below this are a list.
  private static let listShare = 64

  /// Offsets in the mask are lower than this.
  public let rowCount: UInt32
  /// How many offsets the mask holds.
  public let count: Int
  @usableFromInline let form: Form

  @usableFromInline enum Form: Sendable {
    case words([UInt64])
    /// Ascending, none twice.
    case list([UInt32])
  }

  fileprivate init(_ rows: RowSet, below rowCount: UInt32) {
    self.rowCount = rowCount
    if rows.count < Int(rowCount) / Self.listShare + 64 {
      var offsets = rows.offsets
      if let last = offsets.last, last >= rowCount {
        offsets.removeSubrange(offsets.firstPlace(notBelow: rowCount)...)
      }
      form = .list(offsets)
      count = offsets.count
    } else {
      (form, count) = Self.words(rowCount) { rows.copyBits(into: $0) }
    }
  }

  fileprivate init(allBut rows: RowSet, below rowCount: UInt32) {
    self.rowCount = rowCount
    (form, count) = Self.words(rowCount) { words in
      rows.copyBits(into: words)
      for index in words.indices { words[index] = ~words[index] }
    }
  }

  /// The words that `fill` makes of zeros, without bits at and above `rowCount`, and how many bits
  /// of them are set.
  private static func words(
    _ rowCount: UInt32, _ fill: (UnsafeMutableBufferPointer<UInt64>) -> Void
  ) -> (Form, Int) {
    var words = [UInt64](repeating: 0, count: (Int(rowCount) + 63) / 64)
    var count = 0
    words.withUnsafeMutableBufferPointer { words in
      fill(words)
      if rowCount & 63 != 0 { words[words.count - 1] &= (1 << UInt64(rowCount & 63)) - 1 }
      for word in words { count += word.nonzeroBitCount }
    }
    return (.words(words), count)
  }

  /// Whether the mask holds `offset`; false at and above ``rowCount``.
  @inlinable
  public func contains(_ offset: UInt32) -> Bool {
    guard offset < rowCount else { return false }
    switch form {
    case .words(let words): return words[Int(offset >> 6)] & (1 << UInt64(offset & 63)) != 0
    case .list(let offsets):
      var low = 0
      var high = offsets.count
      while low < high {
        let middle = (low + high) / 2
        if offsets[middle] < offset { low = middle + 1 } else { high = middle }
      }
      return low < offsets.count && offsets[low] == offset
    }
  }

  /// The mask with one bit a row, whatever share of the rows it holds: to be asked for many rows.
  public var asBits: RowMask {
    guard case .list(let offsets) = form else { return self }
    let (form, count) = Self.words(rowCount) { words in
      for offset in offsets { words[Int(offset >> 6)] |= 1 << UInt64(offset & 63) }
    }
    return RowMask(rowCount: rowCount, count: count, form: form)
  }

  private init(rowCount: UInt32, count: Int, form: Form) {
    self.rowCount = rowCount
    self.count = count
    self.form = form
  }

  /// Calls `body` with the bits of the rows, 64 a word from the lowest on; `nil` where the mask is
  /// a list, which ``asBits`` is not, or has no rows at all.
  public func withBits<R>(_ body: (UnsafePointer<UInt64>) -> R) -> R? {
    guard case .words(let words) = form else { return nil }
    return words.withUnsafeBufferPointer { $0.baseAddress.map(body) }
  }

  /// The offsets in ascending order.
  @inlinable
  public func makeIterator() -> Iterator { Iterator(form) }

  /// The offsets from `first` on, in ascending order.
  @inlinable
  public func offsets(from first: UInt32) -> IteratorSequence<Iterator> {
    IteratorSequence(Iterator(form, from: first))
  }

  /// Walks a mask in ascending order.
  public struct Iterator: IteratorProtocol, Sendable {
    @usableFromInline let form: Form
    @usableFromInline var index = 0
    @usableFromInline var rest: UInt64 = 0

    @inlinable
    init(_ form: Form) {
      self.form = form
      if case .words(let words) = form { rest = words.first ?? 0 }
    }

    @inlinable
    init(_ form: Form, from first: UInt32) {
      self.form = form
      switch form {
      case .words(let words):
        index = Int(first >> 6)
        if index < words.count { rest = words[index] & (.max << UInt64(first & 63)) }
      case .list(let offsets):
        var high = offsets.count
        while index < high {
          let middle = (index + high) / 2
          if offsets[middle] < first { index = middle + 1 } else { high = middle }
        }
      }
    }

    /// The next higher offset in the mask.
    @inlinable
    public mutating func next() -> UInt32? {
      switch form {
      case .list(let offsets):
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

extension RowSet {
  /// The rows of the set that are below `rowCount`, in the form that searches ask. Its cost follows
  /// the number of rows in the set as long as they are few.
  public func mask(below rowCount: UInt32) -> RowMask { RowMask(self, below: rowCount) }

  /// Sets the bits of the offsets in `words`, which are all zero, 64 offsets a word.
  fileprivate func copyBits(into words: UnsafeMutableBufferPointer<UInt64>) {
    switch form {
    case .list(let offsets):
      for offset in offsets where Int(offset >> 6) < words.count {
        words[Int(offset >> 6)] |= 1 << UInt64(offset & 63)
      }
    case .bitmap(let bitmap): bitmap.copyBits(into: words)
    }
  }
}

extension RowSelection {
  /// The selected rows below `rowCount`, in the form that searches ask.
  public func mask(below rowCount: UInt32) -> RowMask {
    switch self {
    case .only(let rows): rows.mask(below: rowCount)
    case .allBut(let rows): RowMask(allBut: rows, below: rowCount)
    }
  }
}

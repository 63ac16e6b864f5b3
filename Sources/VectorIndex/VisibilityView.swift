/// Which rows exist for a reader at one commit sequence.
///
/// Immutable in meaning and cheap to copy: deaths recorded later have higher commit numbers, so the
/// answers never change.
public struct VisibilityView: Sendable {
  /// The commit that the reader sees; nothing later.
  public let sequence: UInt64
  /// The reader looks at no offset at or above this.
  public let rowCount: UInt32
  private let table: ChunkTable<VisibilityChunk>

  init(sequence: UInt64, rowCount: UInt32, table: ChunkTable<VisibilityChunk>) {
    self.sequence = sequence
    self.rowCount = rowCount
    self.table = table
  }

  /// Whether the row at `offset` was born at or before ``sequence`` and had not died by then.
  public func isVisible(_ offset: UInt32) -> Bool {
    withExtendedLifetime(table) {
      guard offset < rowCount,
        let chunk = table.addresses(of: Int(offset) >> VisibilityChunk.rowShift)
      else { return false }
      return chunk.isVisible(row: Int(offset) & (VisibilityChunk.rowCount - 1), at: sequence)
    }
  }

  /// The row count as of ``sequence`` exactly: rows of a commit that was under way when the view
  /// was taken may be counted in ``rowCount`` already. Offsets grow with commits: those are last.
  ///
  /// - Parameter first: no lower count is of interest.
  public func committedRowCount(from first: UInt32 = 0) -> UInt32 {
    defer { withExtendedLifetime(table) {} }
    var count = rowCount
    while count > first {
      let last = Int(count - 1)
      guard let chunk = table.addresses(of: last >> VisibilityChunk.rowShift),
        chunk.born(row: last & (VisibilityChunk.rowCount - 1)) > sequence
      else { break }
      count -= 1
    }
    return count
  }

  /// Calls `body` with every visible offset, in ascending order.
  public func forEachVisible(_ body: (UInt32) throws -> Void) rethrows {
    try forEachVisible(in: 0..<rowCount, body)
  }

  /// Calls `body` with every visible offset of `range`, in ascending order.
  public func forEachVisible(
    in range: Range<UInt32>, _ body: (UInt32) throws -> Void
  ) rethrows {
    defer { withExtendedLifetime(table) {} }
    let end = Int(min(range.upperBound, rowCount))
    var start = Int(range.lowerBound)
    while start < end {
      let number = start >> VisibilityChunk.rowShift
      let base = number << VisibilityChunk.rowShift
      let stop = min(end, base + VisibilityChunk.rowCount)
      if let chunk = table.addresses(of: number) {
        for offset in start..<stop where chunk.isVisible(row: offset - base, at: sequence) {
          try body(UInt32(offset))
        }
      }
      start = stop
    }
  }

  /// A number that is another whenever more rows of `range`, or around it, have been recorded as
  /// dead: at this commit or a later one.
  func recordedDeaths(in range: Range<UInt32>) -> Int {
    defer { withExtendedLifetime(table) {} }
    return chunkNumbers(of: range).reduce(0) { sum, number in
      sum + (table.addresses(of: number)?.deaths ?? 1 << 32)
    }
  }

  /// Whether a row of `range` is recorded to die after ``sequence``.
  func hasLaterDeaths(in range: Range<UInt32>) -> Bool {
    defer { withExtendedLifetime(table) {} }
    return chunkNumbers(of: range).contains { number in
      guard let chunk = table.addresses(of: number) else { return false }
      return (0..<VisibilityChunk.rowCount).contains { chunk.diesLater(row: $0, than: sequence) }
    }
  }

  private func chunkNumbers(of range: Range<UInt32>) -> ClosedRange<Int> {
    let first = Int(range.lowerBound) >> VisibilityChunk.rowShift
    return first...max(first, (Int(range.upperBound) - 1) >> VisibilityChunk.rowShift)
  }
}

import CVectorKernels
public import RowSets

/// The rows of a segment that a set holds, a bit a row: how many of them hold a term is a matter of
/// counting.
struct SparseLiveRows: Sendable {
  private let words: [UInt64]
  /// How many of the rows have an element.
  let documentCount: Int

  /// The rows of `segment` that are visible, and in `allowed` if it is given.
  init(
    of segment: SparseSegment, column: SparseColumnView, visibility: VisibilityView,
    allowed: RowMask?
  ) {
    var words = [UInt64](repeating: 0, count: segment.blockCount)
    var documents = 0
    let range = segment.range.lowerBound..<segment.lastOffset + 1
    visibility.forEachVisible(in: range) { offset in
      guard allowed?.contains(offset) ?? true, column.elementCount(offset) > 0 else { return }
      let local = Int(offset - segment.range.lowerBound)
      words[local >> 6] |= 1 << UInt64(local & 63)
      documents += 1
    }
    self.words = words
    documentCount = documents
  }

  /// How many of the rows hold the term with this number.
  func count(of number: Int, in segment: SparseSegment) -> Int {
    let storage = segment.storage
    let term = storage.terms[number]
    return words.withUnsafeBufferPointer { words in
      guard let first = words.baseAddress else { return 0 }
      if storage.kind(term) == .dense {
        let masks = storage.masks + Int(term.start) * storage.blockCount
        return vk_count_common(masks, first, storage.blockCount)
      }
      let rows = storage.listRows(term)
      return (0..<Int(term.count)).count {
        words[Int(rows[$0] >> 6)] & 1 << UInt64(rows[$0] & 63) != 0
      }
    }
  }
}

/// The visible rows of a segment as they were found last, for those who see the same.
struct SparseLiveRowsMemo: Sendable {
  /// The deaths that were recorded by then, none of a later commit than `sequence`.
  var deaths: Int
  var sequence: UInt64
  var rows: SparseLiveRows
}

extension SparseSegment {
  /// The visible rows, in `allowed` if it is given. Found once for as long as no further row dies.
  func liveRows(
    column: SparseColumnView, visibility: VisibilityView, allowed: RowMask?
  ) -> SparseLiveRows {
    if allowed != nil {
      return SparseLiveRows(of: self, column: column, visibility: visibility, allowed: allowed)
    }
    let deaths = visibility.recordedDeaths(in: range)
    if let memo = memo.withLock({ $0 }), memo.deaths == deaths,
      memo.sequence <= visibility.sequence
    {
      return memo.rows
    }
    let rows = SparseLiveRows(of: self, column: column, visibility: visibility, allowed: nil)
    if !visibility.hasLaterDeaths(in: range) {
      let found = SparseLiveRowsMemo(deaths: deaths, sequence: visibility.sequence, rows: rows)
      memo.withLock { $0 = found }
    }
    return rows
  }

  /// The last offset that its blocks reach, and that was in the range.
  var lastOffset: UInt32 {
    min(range.upperBound - 1, range.lowerBound + UInt32(64 * blockCount - 1))
  }

  /// Whether all of its rows live at the commit of `visibility`.
  func isWholly(visibleAt visibility: VisibilityView) -> Bool {
    deaths == visibility.recordedDeaths(in: range)
  }

  /// Whether half of the rows, or more, have died.
  func isMostlyDead(at visibility: VisibilityView) -> Bool {
    let recorded = visibility.recordedDeaths(in: range)
    if let deaths, (0..<rowCount / 2).contains(recorded - deaths) { return false }
    var live = 0
    visibility.forEachVisible(in: range.lowerBound..<lastOffset + 1) { _ in live += 1 }
    return 2 * live < rowCount
  }
}

extension SparseSegmentStorage {
  /// The rows of a term that is a list.
  func listRows(_ term: SparseTerm) -> UnsafePointer<UInt16> {
    UnsafePointer(rows + listStart(term))
  }

  func listStart(_ term: SparseTerm) -> Int {
    kind(term) == .long ? Int(longStarts[Int(term.start)]) : Int(term.start)
  }
}

/// How many documents there are, and how many of them hold each of some indices: what inverse
/// document frequencies are made of.
public struct SparseDocumentCounts: Sendable, Equatable {
  /// Visible rows that have an element.
  public var documents: Int
  /// In the order of the indices asked for.
  public var counts: [Int]
}

extension SparseIndexView {
  /// Counts the documents that hold each of `indices`, exactly and at the commit of `visibility`.
  ///
  /// Where no row has died since a segment was made, that is a look for each index; elsewhere, and
  /// for `allowed`, rows are counted.
  ///
  /// - Parameters:
  ///   - indices: ascending, none twice.
  ///   - column: taken together with this view and `visibility`.
  ///   - allowed: only these rows are documents; `nil` for all.
  /// - Throws: ``SearchInterrupted`` after `shouldStop` returned true.
  public func documentCounts(
    of indices: [UInt32], column: SparseColumnView, visibility: VisibilityView,
    allowed: RowMask? = nil, shouldStop: () -> Bool
  ) throws(SearchInterrupted) -> SparseDocumentCounts {
    var result = SparseDocumentCounts(
      documents: 0, counts: [Int](repeating: 0, count: indices.count))
    for segment in segments {
      if shouldStop() { throw SearchInterrupted() }
      let isWhole = allowed == nil && segment.isWholly(visibleAt: visibility)
      let live =
        isWhole
        ? nil
        : segment.liveRows(column: column, visibility: visibility, allowed: allowed)
      result.documents += live?.documentCount ?? segment.documentCount
      for (position, index) in indices.enumerated() {
        guard let number = segment.storage.find(index) else { continue }
        result.counts[position] +=
          live?.count(of: number, in: segment) ?? Int(segment.storage.terms[number].count)
      }
    }
    visibility.forEachVisible(in: min(end, visibility.rowCount)..<visibility.rowCount) { offset in
      guard allowed?.contains(offset) ?? true, let row = column.row(at: offset), row.count > 0
      else { return }
      result.documents += 1
      // Both ascend.
      var element = 0
      for (position, index) in indices.enumerated() {
        while element < row.count, row.indices[element] < index { element += 1 }
        if element == row.count { break }
        if row.indices[element] == index { result.counts[position] += 1 }
      }
    }
    return result
  }
}

/// Scores the rows of a dense column of which some are in files. Searches that score all rows take
/// those of files block by block, in the order of the files.
final class FiledScorer: Scorer {
  let view: DenseColumnView
  /// The rows that are in files.
  let filed: FiledRows
  private let query: RowQuery

  /// Prepares `query`, of the view's dimension.
  init(_ query: [Float], metric: Metric, view: DenseColumnView, filed: FiledRows) {
    self.view = view
    self.filed = filed
    self.query = RowQuery(query, metric: metric, codec: view.codec)
  }

  var rowBytes: Int { view.rowBytes }
  var rowsPerChunk: Int { view.rowsPerChunk }

  func contains(_ offset: UInt32) -> Bool { view.contains(offset) }

  /// Of rows in memory.
  func score(_ rows: Range<UInt32>, into scores: UnsafeMutableBufferPointer<Float>) -> Bool {
    withExtendedLifetime(view) {
      guard let first = view.start(of: rows) else { return false }
      query.score(first, into: UnsafeMutableBufferPointer(rebasing: scores[..<rows.count]))
      return true
    }
  }

  /// Rows of files are read in one go, and with them those that follow, which the next call finds
  /// in the cache.
  func score(
    at offsets: UnsafeBufferPointer<UInt32>, following: Int,
    into scores: UnsafeMutableBufferPointer<Float>
  ) {
    let count = offsets.count - following
    withExtendedLifetime(view) {
      let block = FiledBlock(view, rowCount: count)
      block.fill(offsets, fetching: following, keeps: true)
      score(block, into: scores)
    }
  }

  /// Writes the scores of the rows of a block.
  func score(_ block: FiledBlock, into scores: UnsafeMutableBufferPointer<Float>) {
    query.score(gathering: block.addresses, following: 0, into: scores)
  }
}

/// Rows that lie in memory for a moment, those of files as copies. Used by one thread.
final class FiledBlock {
  private let view: DenseColumnView
  private let stride: Int
  private let memory: UnsafeMutableRawPointer
  private let pointers: UnsafeMutableBufferPointer<UnsafeRawPointer>
  private var count = 0
  /// Their offsets, in the same order.
  private(set) var offsets: [UInt32] = []

  /// Room for as many rows of `view`.
  init(_ view: DenseColumnView, rowCount: Int) {
    self.view = view
    stride = (view.rowBytes + 63) / 64 * 64
    memory = .allocate(byteCount: max(1, rowCount) * stride, alignment: 64)
    pointers = .allocate(capacity: max(1, rowCount))
  }

  deinit {
    memory.deallocate()
    pointers.deallocate()
  }

  /// Where the rows are.
  var addresses: UnsafeBufferPointer<UnsafeRawPointer> {
    UnsafeBufferPointer(rebasing: pointers[..<count])
  }

  /// Takes the rows at `offsets`, all of which are there, but for the last `fetching`, which are
  /// only brought into the cache. Blocking.
  func fill(_ offsets: UnsafeBufferPointer<UInt32>, fetching: Int = 0, keeps: Bool) {
    let wanted = offsets.count - fetching
    precondition(wanted <= pointers.count, "more rows than a block holds")
    self.offsets = Array(offsets[..<wanted])
    count = wanted
    let filed = view.filed
    withUnsafeTemporaryAllocation(of: FiledRows.Target.self, capacity: offsets.count) { targets in
      var targetCount = 0
      for (index, offset) in offsets.enumerated() {
        if let row = view.address(of: offset) {
          if index < wanted { pointers.initializeElement(at: index, to: row) }
          continue
        }
        guard filed?.contains(offset) == true else {
          precondition(index >= wanted, "a row that is not there is read")
          continue
        }
        let place = index < wanted ? memory + index * stride : nil
        if let place {
          pointers.initializeElement(at: index, to: UnsafeRawPointer(place))
        } else if filed?.reads.cache.isEnabled != true {
          continue
        }
        targets.initializeElement(at: targetCount, to: .init(offset: offset, memory: place))
        targetCount += 1
      }
      if targetCount > 0 {
        filed?.read(UnsafeBufferPointer(rebasing: targets[..<targetCount]), keeps: keeps)
      }
    }
  }
}

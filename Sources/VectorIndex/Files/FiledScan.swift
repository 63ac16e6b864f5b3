/// Takes the rows of files past queries, block by block in the order of the files: each is read
/// once for all of them.
struct FiledScan {
  private let scorer: FiledScorer
  private let rows: [Range<UInt32>]
  private let visibility: VisibilityView

  /// Bytes of a block, about: long reads.
  private static let blockBytes = 1 << 20

  /// - Parameters:
  ///   - scorer: one of the queries'.
  ///   - rows: those that are looked at, ascending.
  init(_ scorer: FiledScorer, rows: [Range<UInt32>], visibility: VisibilityView) {
    self.scorer = scorer
    self.rows = rows
    self.visibility = visibility
  }

  /// - Returns: false if `shouldStop` returned true before the end.
  func run<Collector>(
    _ lanes: inout [ScanLane<Collector>], at indices: [Int], shouldStop: () -> Bool
  ) -> Bool {
    let scorers = indices.compactMap { lanes[$0].scorer as? FiledScorer }
    precondition(scorers.count == indices.count, "queries of another column")
    let blockRows = max(1, min(256, Self.blockBytes / scorer.rowBytes))
    let block = FiledBlock(scorer.view, rowCount: blockRows)
    let scores = UnsafeMutableBufferPointer<Float>.allocate(capacity: blockRows)
    defer { scores.deallocate() }
    var wanted: [UInt32] = []
    for file in scorer.filed.files where rows.contains(where: file.header.rows.overlaps) {
      var position = 0
      while position < file.offsets.count {
        if shouldStop() { return false }
        wanted.removeAll(keepingCapacity: true)
        while position < file.offsets.count, wanted.count < blockRows {
          let offset = file.offsets[position]
          if isLookedAt(offset), visibility.isVisible(offset) { wanted.append(offset) }
          position += 1
        }
        if wanted.isEmpty { continue }
        wanted.withUnsafeBufferPointer { block.fill($0, keeps: false) }
        for (index, scorer) in zip(indices, scorers) {
          scorer.score(block, into: scores)
          offer(block.offsets, scores, to: &lanes[index])
        }
      }
    }
    return true
  }

  private func isLookedAt(_ offset: UInt32) -> Bool {
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      if rows[middle].upperBound <= offset { low = middle + 1 } else { high = middle }
    }
    return low < rows.count && rows[low].lowerBound <= offset
  }

  private func offer<Collector>(
    _ offsets: [UInt32], _ scores: UnsafeMutableBufferPointer<Float>,
    to lane: inout ScanLane<Collector>
  ) {
    var bound = lane.bound
    for (index, offset) in offsets.enumerated() where scores[index] >= bound {
      guard lane.allowed?.contains(offset) ?? true else { continue }
      lane.collector.offer(offset: offset, score: scores[index])
      bound = lane.bound
    }
  }
}

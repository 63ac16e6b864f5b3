import RowSets

/// Scores rows of one column for queries: all rows in order, or a list of them.
struct FlatScanner {
  let visibility: VisibilityView

  /// Rows scored before liveness is tested: 64 to 128 KiB of them, so that a second query of the
  /// batch finds them in the L2 cache, and the scores themselves stay small.
  private static func rowsPerBlock(_ rowsPerChunk: Int) -> Int {
    min(max(1, rowsPerChunk / 8), 8192)
  }

  /// Whether scoring the allowed rows one by one is cheaper than scoring all. A row found by its
  /// address costs about three times one met in order.
  func shouldGather(_ allowed: RowMask?) -> Bool {
    guard let allowed else { return false }
    return allowed.count < Int(visibility.rowCount) / 4
  }

  /// Takes every row past all `lanes`, block by block, or those of `rows`. The lanes' scorers are
  /// of one column.
  ///
  /// - Returns: false if `shouldStop` returned true before the end.
  func scan<Collector>(
    _ lanes: inout [ScanLane<Collector>], at indices: [Int], rows: Range<UInt32>? = nil,
    shouldStop: () -> Bool
  ) -> Bool {
    guard let first = indices.first else { return true }
    let rowsPerChunk = lanes[first].scorer.rowsPerChunk
    let blockRows = Self.rowsPerBlock(rowsPerChunk)
    let scores = UnsafeMutableBufferPointer<Float>.allocate(capacity: blockRows)
    defer { scores.deallocate() }
    let end = min(Int(rows?.upperBound ?? .max), Int(visibility.rowCount))
    var start = Int(rows?.lowerBound ?? 0)
    // Rows since the last look at `shouldStop`: a batch passes the same ones many times.
    var passed = blockRows
    // Chunks that are not in memory. Others may be in files too, and are not looked at again there.
    var gaps: [Range<UInt32>] = []
    while start < end {
      // Blocks keep to their places in chunks, and end with them.
      let chunkEnd = (start / rowsPerChunk + 1) * rowsPerChunk
      let stop = min(start + blockRows, chunkEnd, end)
      var isThere = true
      for index in indices where isThere {
        if passed >= blockRows {
          if shouldStop() { return false }
          passed = 0
        }
        passed += stop - start
        isThere = score(UInt32(start)..<UInt32(stop), for: &lanes[index], scratch: scores)
      }
      if isThere {
        start = stop
        continue
      }
      let gap = UInt32(start)..<UInt32(min(chunkEnd, end))
      if let last = gaps.last, last.upperBound == gap.lowerBound {
        gaps[gaps.count - 1] = last.lowerBound..<gap.upperBound
      } else {
        gaps.append(gap)
      }
      start = chunkEnd
    }
    guard !gaps.isEmpty, let filed = lanes[first].scorer as? FiledScorer else { return true }
    return FiledScan(filed, rows: gaps, visibility: visibility).run(
      &lanes, at: indices, shouldStop: shouldStop)
  }

  /// - Returns: false if there are no such rows.
  private func score<Collector>(
    _ rows: Range<UInt32>, for lane: inout ScanLane<Collector>,
    scratch: UnsafeMutableBufferPointer<Float>
  ) -> Bool {
    guard lane.scorer.score(rows, into: scratch) else { return false }
    var bound = lane.bound
    for index in 0..<rows.count where scratch[index] >= bound {
      let offset = rows.lowerBound + UInt32(index)
      guard lane.allowed?.contains(offset) ?? true, visibility.isVisible(offset),
        lane.scorer.contains(offset)
      else { continue }
      lane.collector.offer(offset: offset, score: scratch[index])
      bound = lane.bound
    }
    return true
  }

  /// Scores the rows of `allowed` from `first` on only.
  ///
  /// - Returns: false if `shouldStop` returned true before the end.
  func gather<Collector>(
    _ allowed: RowMask, from first: UInt32 = 0, for lane: inout ScanLane<Collector>,
    shouldStop: () -> Bool
  ) -> Bool {
    let batch = ScorerLimits.offsets
    let offsets = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: batch)
    let scores = UnsafeMutableBufferPointer<Float>.allocate(capacity: batch)
    defer {
      offsets.deallocate()
      scores.deallocate()
    }
    var count = 0
    var visited = 0
    for offset in allowed.offsets(from: first) {
      visited += 1
      if visited.isMultiple(of: batch), shouldStop() { return false }
      // Liveness first: sixteen bytes are cheaper to fetch than a row.
      guard visibility.isVisible(offset), lane.scorer.contains(offset) else { continue }
      offsets[count] = offset
      count += 1
      if count == batch {
        score(UnsafeBufferPointer(offsets), for: &lane, scratch: scores)
        count = 0
      }
    }
    if shouldStop() { return false }
    score(UnsafeBufferPointer(rebasing: offsets[..<count]), for: &lane, scratch: scores)
    return true
  }

  private func score<Collector>(
    _ offsets: UnsafeBufferPointer<UInt32>, for lane: inout ScanLane<Collector>,
    scratch: UnsafeMutableBufferPointer<Float>
  ) {
    lane.scorer.score(at: offsets, following: 0, into: scratch)
    for (index, offset) in offsets.enumerated() where scratch[index] >= lane.bound {
      lane.collector.offer(offset: offset, score: scratch[index])
    }
  }
}

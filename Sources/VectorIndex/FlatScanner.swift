/// Scores rows of one column for queries: all rows in order, or a list of them.
struct FlatScanner {
  let metric: Metric
  let view: VectorColumnView
  let visibility: VisibilityView

  /// Rows scored before liveness is tested: 64 to 128 KiB of them, so that a second query of the
  /// batch finds them in the L2 cache, and the scores themselves stay small.
  private var rowsPerBlock: Int { min(max(1, view.rowsPerChunk / 8), 8192) }

  /// Whether scoring the allowed rows one by one is cheaper than scoring all. A row found by its
  /// address costs about three times one met in order.
  func shouldGather(_ allowed: OffsetBitmap?) -> Bool {
    guard let allowed else { return false }
    return allowed.count < Int(visibility.rowCount) / 4
  }

  /// Takes every row past all `lanes`, block by block, or those of `rows`.
  ///
  /// - Returns: false if `shouldStop` returned true before the end.
  func scan<Collector>(
    _ lanes: inout [ScanLane<Collector>], at indices: [Int], rows: Range<UInt32>? = nil,
    shouldStop: () -> Bool
  ) -> Bool {
    let blockRows = rowsPerBlock
    let first = Int(rows?.lowerBound ?? 0)
    let scores = UnsafeMutableBufferPointer<Float>.allocate(capacity: blockRows)
    defer { scores.deallocate() }
    let rowCount = min(Int(rows?.upperBound ?? .max), Int(visibility.rowCount))
    for number in view.chunks.indices.dropFirst(first >> view.rowShift) {
      let base = number << view.rowShift
      guard base < rowCount else { break }
      guard let chunk = view.chunks[number] else { continue }
      let end = min(view.rowsPerChunk, rowCount - base)
      for start in stride(from: max(0, first - base), to: end, by: blockRows) {
        if shouldStop() { return false }
        let block = Block(
          chunk: chunk, base: base, rows: start..<min(start + blockRows, end))
        for index in indices {
          score(block, for: &lanes[index], scratch: scores)
        }
      }
    }
    return true
  }

  private struct Block {
    let chunk: VectorChunk
    /// The offset of the chunk's first row.
    let base: Int
    /// Within the chunk.
    let rows: Range<Int>
  }

  private func score<Collector>(
    _ block: Block, for lane: inout ScanLane<Collector>,
    scratch: UnsafeMutableBufferPointer<Float>
  ) {
    let scores = UnsafeMutableBufferPointer(rebasing: scratch[..<block.rows.count])
    lane.vector.withUnsafeBufferPointer { query in
      Kernels.score(
        metric, query: query, rows: block.chunk.rows + block.rows.lowerBound * view.dimension,
        into: scores)
    }
    var bound = lane.bound
    for index in 0..<scores.count where scores[index] >= bound {
      let row = block.rows.lowerBound + index
      let offset = UInt32(block.base + row)
      guard lane.allowed?.contains(offset) ?? true, visibility.isVisible(offset),
        block.chunk.isPresent(row)
      else { continue }
      lane.collector.offer(offset: offset, score: scores[index])
      bound = lane.bound
    }
  }

  /// Scores the rows of `allowed` only.
  ///
  /// - Returns: false if `shouldStop` returned true before the end.
  func gather<Collector>(
    _ allowed: OffsetBitmap, for lane: inout ScanLane<Collector>, shouldStop: () -> Bool
  ) -> Bool {
    let batch = 256
    var offsets: [UInt32] = []
    var rows: [UnsafePointer<Float>] = []
    offsets.reserveCapacity(batch)
    rows.reserveCapacity(batch)
    let scores = UnsafeMutableBufferPointer<Float>.allocate(capacity: batch)
    defer { scores.deallocate() }
    var visited = 0
    for offset in allowed {
      visited += 1
      if visited.isMultiple(of: batch), shouldStop() { return false }
      // Liveness first: sixteen bytes are cheaper to fetch than a row.
      guard visibility.isVisible(offset), let row = view.address(of: offset) else { continue }
      offsets.append(offset)
      rows.append(row)
      if rows.count == batch {
        score(rows, at: offsets, for: &lane, scratch: scores)
        offsets.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
      }
    }
    if shouldStop() { return false }
    score(rows, at: offsets, for: &lane, scratch: scores)
    return true
  }

  private func score<Collector>(
    _ rows: [UnsafePointer<Float>], at offsets: [UInt32],
    for lane: inout ScanLane<Collector>, scratch: UnsafeMutableBufferPointer<Float>
  ) {
    // The addresses point into chunks that the view holds.
    withExtendedLifetime(view) {
      lane.vector.withUnsafeBufferPointer { query in
        rows.withUnsafeBufferPointer { rows in
          Kernels.score(metric, query: query, gathering: rows, into: scratch)
        }
      }
    }
    for (index, offset) in offsets.enumerated() where scratch[index] >= lane.bound {
      lane.collector.offer(offset: offset, score: scratch[index])
    }
  }
}

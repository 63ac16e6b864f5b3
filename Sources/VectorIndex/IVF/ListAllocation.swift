/// Gives exact room to many lists at once, side by side in pieces of about 2 MiB.
struct ListAllocation {
  static let pieceBytes = 2 << 20

  /// One run for each list, with room for `entryCounts` entries and every block cleared; `nil` for
  /// a list without entries.
  static func runs(for entryCounts: [Int], layout: CodeLayout) -> [ListRun?] {
    let blockCounts = entryCounts.map(CodeLayout.blocks(for:))
    guard let runs = runs(ofBlocks: blockCounts, layout: layout) else {
      preconditionFailure("out of memory")
    }
    return runs.map { run in
      guard let run else { return nil }
      for block in 0..<run.count { run.clear(block, layout: layout) }
      return run
    }
  }

  /// One run of exactly so many blocks for each list, their bytes still zero; `nil` where there is
  /// not so much memory.
  static func runs(ofBlocks blockCounts: [Int], layout: CodeLayout) -> [ListRun?]? {
    var runs: [ListRun?] = []
    runs.reserveCapacity(blockCounts.count)
    var first = 0
    while first < blockCounts.count {
      var end = first
      var bytes = 0
      while end < blockCounts.count, end == first || bytes < pieceBytes {
        bytes += byteCount(blockCounts[end], layout)
        end += 1
      }
      let memory = bytes == 0 ? nil : ListMemory(available: bytes)
      if bytes > 0, memory == nil { return nil }
      var start = 0
      for blocks in blockCounts[first..<end] {
        guard blocks > 0, let memory else {
          runs.append(nil)
          continue
        }
        var run = ListRun(memory: memory, start: start, capacity: blocks, layout: layout)
        run.count = blocks
        runs.append(run)
        start += byteCount(blocks, layout)
      }
      first = end
    }
    return runs
  }

  private static func byteCount(_ blocks: Int, _ layout: CodeLayout) -> Int {
    // Blocks are multiples of 64 bytes and so are the offsets of a block: every run is aligned.
    ListRun.byteCount(capacity: blocks, layout: layout)
  }
}

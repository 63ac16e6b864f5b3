/// Takes queries past the lists they probe.
///
/// Each query goes through its nearest lists first, alone, because they tell how near its
/// neighbours are; what a batch has left is ordered by list, so that a list is read once for all
/// of its queries.
struct ListScan {
  let generation: IVFGeneration
  let visibility: VisibilityView

  /// Lists that a query of a batch goes through on its own.
  private static let ownLists = 3
  /// Blocks of a scan while nothing is known of the distances.
  private static let firstBlocks = 2
  /// Lists between two looks at the clock.
  private static let listsPerCheck = 64

  /// - Returns: false if `shouldStop` returned true before the end.
  func run(_ lanes: [SearchLane], shouldStop: () -> Bool) -> Bool {
    guard let scratch = lanes.first?.scratch.survivors else { return true }
    if lanes.count == 1 {
      return scanAll(lanes[0].probes[...], lanes[0], scratch, shouldStop)
    }
    var shared: [(list: Int32, lane: Int32, probe: Int32)] = []
    for (number, lane) in lanes.enumerated() {
      if shouldStop() { return false }
      guard scanAll(lane.probes.prefix(Self.ownLists), lane, scratch, shouldStop) else {
        return false
      }
      for probe in lane.probes.indices.dropFirst(Self.ownLists) {
        shared.append((lane.probes[probe].list, Int32(number), Int32(probe)))
      }
    }
    shared.sort { ($0.list, $0.lane) < ($1.list, $1.lane) }
    for (index, entry) in shared.enumerated() {
      if index % Self.listsPerCheck == Self.listsPerCheck - 1, shouldStop() { return false }
      let lane = lanes[Int(entry.lane)]
      scan(lane.probes[Int(entry.probe)], lane, scratch)
    }
    return true
  }

  private func scanAll(
    _ probes: ArraySlice<Probe>, _ lane: SearchLane, _ scratch: ScanScratch,
    _ shouldStop: () -> Bool
  ) -> Bool {
    for index in probes.indices {
      if index % Self.listsPerCheck == Self.listsPerCheck - 1, shouldStop() { return false }
      if index + 2 < probes.endIndex {
        CodeKernels.prefetch(
          generation.heads[Int(probes[index + 2].list)], layout: generation.quantizer.layout)
      }
      scan(probes[index], lane, scratch)
    }
    return true
  }

  private func scan(_ probe: Probe, _ lane: SearchLane, _ scratch: ScanScratch) {
    let head = generation.heads[Int(probe.list)]
    let reach = lane.errors.lower * ErrorBounds.deviation * probe.distance
    if let blocks = head.blocks, let rows = head.rows {
      scan(blocks, rows, Int(head.blockCount), probe.offset, reach, lane, scratch)
    }
    if head.moreRuns > 0 {
      for run in generation.lists[Int(probe.list)].runs.dropFirst() {
        scan(run.blocks, run.rows, run.count, probe.offset, reach, lane, scratch)
      }
    }
    if let blocks = head.tail, let rows = head.tailRows {
      scan(blocks, rows, 1, probe.offset, reach, lane, scratch)
    }
  }

  private func scan(
    _ blocks: UnsafePointer<UInt8>, _ rows: UnsafePointer<UInt32>, _ count: Int, _ offset: Float,
    _ reach: Float, _ lane: SearchLane, _ scratch: ScanScratch
  ) {
    let layout = generation.quantizer.layout
    let widening = lane.errors.upper / lane.errors.lower
    var start = 0
    while start < count {
      // Until the threshold means something everything gets through: it is sought in small steps.
      let step = lane.isBounded ? ScanScratch.blocksMax : Self.firstBlocks
      let blockCount = min(step, count - start)
      let survivors = CodeKernels.scan(
        blocks + start * layout.blockBytes, rows: rows + start * CodeLayout.entriesPerBlock,
        count: blockCount, table: lane.table, offset: offset, reach: reach,
        threshold: lane.threshold, into: scratch)
      lane.take(
        scratch, count: survivors, rows: rows + start * CodeLayout.entriesPerBlock,
        widening: widening, visibility: visibility)
      start += blockCount
    }
  }
}

import RowSets

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
      prefetch(probes, index + 2)
      scan(probes[index], lane, scratch)
    }
    return true
  }

  /// Takes a filtered query through its lists, one by one and nearest first, as long as `isEnough`
  /// is false of a list and the number of entries in it that the filter allows.
  ///
  /// - Returns: false if `shouldStop` returned true before the end.
  func runFiltered(
    _ lane: SearchLane, shouldStop: () -> Bool, isEnough: (Probe, Int) -> Bool
  ) -> Bool {
    guard let mask = lane.allowed else { return true }
    let probes = lane.probes[...]
    let scratch = lane.scratch.survivors
    return mask.withBits { words in
      let allowed = AllowedRows(words: words, rowCount: mask.rowCount)
      for index in probes.indices {
        if index % Self.listsPerCheck == Self.listsPerCheck - 1, shouldStop() { return false }
        prefetch(probes, index + 2, onlyRows: true)
        if isEnough(probes[index], scan(probes[index], lane, scratch, allowed)) { break }
      }
      return true
    } ?? true
  }

  private func prefetch(_ probes: ArraySlice<Probe>, _ index: Int, onlyRows: Bool = false) {
    if index >= probes.endIndex { return }
    CodeKernels.prefetch(
      generation.heads[Int(probes[index].list)], layout: generation.quantizer.layout,
      onlyRows: onlyRows)
  }

  /// - Returns: how many entries belong to `allowed` rows, if some rows are.
  @discardableResult
  private func scan(
    _ probe: Probe, _ lane: SearchLane, _ scratch: ScanScratch, _ allowed: AllowedRows? = nil
  ) -> Int {
    let head = generation.heads[Int(probe.list)]
    let reach = lane.errors.lower * ErrorBounds.deviation * probe.distance
    var found = 0
    if let blocks = head.blocks, let rows = head.rows {
      found += scan(
        blocks, rows, Int(head.blockCount), probe.offset, reach, lane, scratch, allowed)
    }
    if head.moreRuns > 0 {
      for run in generation.lists[Int(probe.list)].runs.dropFirst() {
        found += scan(
          run.blocks, run.rows, run.count, probe.offset, reach, lane, scratch, allowed)
      }
    }
    if let blocks = head.tail, let rows = head.tailRows {
      found += scan(blocks, rows, 1, probe.offset, reach, lane, scratch, allowed)
    }
    return found
  }

  private func scan(
    _ blocks: UnsafePointer<UInt8>, _ rows: UnsafePointer<UInt32>, _ count: Int, _ offset: Float,
    _ reach: Float, _ lane: SearchLane, _ scratch: ScanScratch, _ allowed: AllowedRows?
  ) -> Int {
    var found = 0
    let layout = generation.quantizer.layout
    let widening = lane.errors.upper / lane.errors.lower
    var start = 0
    while start < count {
      // Until the threshold means something everything gets through: it is sought in small steps.
      let step = lane.isBounded ? ScanScratch.blocksMax : Self.firstBlocks
      let blockCount = min(step, count - start)
      let blocks = blocks + start * layout.blockBytes
      let rows = rows + start * CodeLayout.entriesPerBlock
      let survivors =
        if let allowed {
          CodeKernels.scan(
            blocks, rows: rows, among: allowed, count: blockCount, table: lane.table,
            offset: offset, reach: reach, threshold: lane.threshold, into: scratch,
            allowedCount: &found)
        } else {
          CodeKernels.scan(
            blocks, rows: rows, count: blockCount, table: lane.table, offset: offset,
            reach: reach, threshold: lane.threshold, into: scratch)
        }
      lane.take(
        scratch, count: survivors, rows: rows, widening: widening, visibility: visibility)
      start += blockCount
    }
    return found
  }
}

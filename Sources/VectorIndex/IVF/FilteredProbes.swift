import RowSets

/// Chooses the lists for a query that only some rows may answer.
///
/// Lists without such a row are passed over, so that rows which lie far from the query, as those of
/// another topic do, are found where they are. How many of the others are needed follows from what
/// is in them: where a share σ of the entries is allowed, the nearest allowed rows reach about as
/// far as 1/σ as many of all rows, and are spread over 1/√σ times as many lists. So lists are added
/// until √(entries · allowed entries) is what a query without a filter looks at. A query from
/// elsewhere has its neighbours in more lists: up to twice as much, by the share of lists that were
/// passed over.
struct FilteredProbes {
  let generation: IVFGeneration
  let allowed: RowMask
  /// Lists that every query without a filter would look at; see ``ProbeReach/evenProbes``.
  let unfiltered: Int

  /// Puts lists into the lane, nearest first. They are looked for among the `expected` nearest
  /// and, if these do not have enough, among all.
  func select(_ expected: Int, for lane: SearchLane) {
    let count = generation.lists.count
    let first = min(count, expected + expected / 4)
    ListSelection.select(ProbeReach(probes: first), generation, for: lane)
    if keepNeeded(lane) || first == count { return }
    ListSelection.select(ProbeReach(probes: count), generation, for: lane)
    _ = keepNeeded(lane)
  }

  /// Drops the lists that are not needed; whether those that are left are enough.
  private func keepNeeded(_ lane: SearchLane) -> Bool {
    let entriesPerList = Double(generation.coveredRows) * 2 / Double(generation.lists.count)
    var kept = 0
    var passed = 0
    var entries = 0.0
    var allowedEntries = 0.0
    for probe in lane.probes {
      let list = generation.lists[Int(probe.list)]
      let found = allowedCount(in: list)
      if found == 0 {
        passed += 1
        continue
      }
      lane.probes[kept] = probe
      kept += 1
      entries += Double(list.entryCount)
      allowedEntries += Double(found)
      let elsewhere = Double(passed) / Double(passed + kept)
      let wanted = Double(unfiltered) * entriesPerList * (1 + elsewhere)
      // A row may have two entries.
      if entries * allowedEntries >= wanted * wanted, allowedEntries >= Double(2 * lane.limit) {
        lane.probes.removeLast(lane.probes.count - kept)
        return true
      }
    }
    lane.probes.removeLast(lane.probes.count - kept)
    return false
  }

  private func allowedCount(in list: InvertedList) -> Int {
    var count = 0
    for run in list.runs { count += allowedCount(in: run) }
    if let tail = list.tail { count += allowedCount(in: tail) }
    return count
  }

  private func allowedCount(in run: ListRun) -> Int {
    allowed.containedCount(of: run.rows, run.count * CodeLayout.entriesPerBlock)
  }
}

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
  /// Lists that were gone through, those passed over included.
  private(set) var looked = 0
  /// The farther half of those that were not.
  private var farther: ArraySlice<Probe> = []
  /// Rows that were among the nearest when they were met in the nearer half.
  private var metEarly = 0
  /// Whether fewer rows are allowed in the lists gone through than elsewhere.
  private(set) var isThinner = false

  init(_ generation: IVFGeneration, allowed: RowMask, unfiltered: Int) {
    self.generation = generation
    self.allowed = allowed
    self.unfiltered = unfiltered
  }

  /// Puts lists into the lane, nearest first. They are looked for among the `expected` nearest
  /// and, if these do not have enough, among all.
  mutating func select(_ expected: Int, for lane: SearchLane) {
    let count = generation.lists.count
    let first = min(count, expected + expected / 4)
    ListSelection.select(ProbeReach(probes: first), generation, for: lane)
    if keepNeeded(lane) || first == count { return }
    ListSelection.select(ProbeReach(probes: count), generation, for: lane)
    _ = keepNeeded(lane)
  }

  /// Leaves the nearer half of the lists in the lane, to be scanned first.
  mutating func part(_ lane: SearchLane) { farther = lane.parted() }

  /// Puts the farther half into the lane, whose nearer half was scanned.
  ///
  /// - Returns: whether there are any.
  mutating func goFarther(_ lane: SearchLane) -> Bool {
    metEarly = lane.metCount
    lane.earlierProbes = lane.probes
    lane.probes = Array(farther)
    return !farther.isEmpty
  }

  /// Whether a good part of the rows wanted was met in the farther half of the lists, so that
  /// more are to be expected beyond them. A smaller part is enough where fewer rows are allowed
  /// near the query than elsewhere.
  func isLate(_ lane: SearchLane) -> Bool {
    let share = isThinner ? Self.lateShareThinner : Self.lateShare
    return Double(lane.metCount - metEarly) >= share * Double(lane.limit)
  }

  /// So much of the rows wanted is a good part.
  private static let lateShare = 0.3
  private static let lateShareThinner = 0.1
  /// Fewer rows are allowed near the query where their share is so much of what it is elsewhere.
  private static let thinner = 0.9

  /// Puts the lists from the place `first` to the place `end` into the lane, nearest first, that
  /// have an allowed row.
  func select(from first: Int, to end: Int, for lane: SearchLane) {
    ListSelection.select(ProbeReach(probes: end), generation, for: lane)
    lane.probes.removeFirst(min(first, lane.probes.count))
    lane.probes.removeAll { !hasAllowed(generation.lists[Int($0.list)]) }
  }

  /// Drops the lists that are not needed; whether those that are left are enough.
  private mutating func keepNeeded(_ lane: SearchLane) -> Bool {
    let entriesPerList = Double(generation.coveredRows) * 2 / Double(generation.lists.count)
    var kept = 0
    var passed = 0
    var entries = 0.0
    var passedEntries = 0.0
    var allowedEntries = 0.0
    defer {
      looked = kept + passed
      let share = Double(allowed.count) / Double(max(1, generation.coveredRows))
      isThinner = allowedEntries < Self.thinner * share * (entries + passedEntries)
    }
    for probe in lane.probes {
      let list = generation.lists[Int(probe.list)]
      let found = allowedCount(in: list)
      if found == 0 {
        passed += 1
        passedEntries += Double(list.entryCount)
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

  private func hasAllowed(_ list: InvertedList) -> Bool {
    list.parts.contains { run in
      (0..<run.count).contains { block in
        let rows = run.rows + block * CodeLayout.entriesPerBlock
        return allowed.containedCount(of: rows, CodeLayout.entriesPerBlock) > 0
      }
    }
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

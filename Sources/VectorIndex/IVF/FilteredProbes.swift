import Glibc
import RowSets

/// Chooses the lists for a query that only some rows may answer.
///
/// Lists without such a row are passed over, so that rows which lie far from the query, as those of
/// another topic do, are found where they are. How many of the others are needed follows from what
/// is in them: where a share σ of the entries is allowed, the nearest allowed rows reach about as
/// far as 1/σ as many of all rows, and are spread over 1/σᵉ times as many lists (``FilterGrowth``).
/// So lists are added until their entries are 1/σᵉ times what a query without a filter looks at. A
/// query from elsewhere has its neighbours in more lists: up to twice as much, by the share of
/// lists that were passed over.
struct FilteredProbes {
  let generation: IVFGeneration
  /// Lists that every query without a filter would look at; see ``ProbeReach/evenProbes``.
  let unfiltered: Int
  let exponent: Double
  /// The recall that was asked for.
  let recall: Double
  /// Rows that are allowed, as a share of all.
  private let share: Double
  /// Lists that were gone through, those passed over included.
  private(set) var looked = 0
  /// For each list that was not passed over, the rows that were among the nearest when they were
  /// met, in it and before it.
  private var met: [Int] = []
  private var passed = 0
  private var entries = 0.0
  private var passedEntries = 0.0
  private var allowedEntries = 0.0

  init(_ generation: IVFGeneration, allowed: RowMask, reach: ProbeReach) {
    self.generation = generation
    unfiltered = reach.evenProbes
    exponent = reach.filterExponent
    recall = reach.recall
    share = Double(allowed.count) / Double(max(1, generation.coveredRows))
  }

  /// Takes the lane through lists, nearest first: the `expected` nearest and, while these do not
  /// have enough, more and more. Leaves in it those that were not passed over.
  ///
  /// - Returns: false if `shouldStop` returned true before the end.
  mutating func run(
    _ expected: Int, _ lane: SearchLane, _ scan: ListScan, shouldStop: () -> Bool
  ) -> Bool {
    let count = generation.lists.count
    var end = min(count, expected + expected / 4)
    var kept: [Probe] = []
    var gone: [Probe] = []
    while true {
      ListSelection.select(ProbeReach(probes: end), generation, for: lane)
      lane.dropProbes(ofListsIn: gone)
      let chosen = lane.probes
      let isEnough = go(lane, scan, shouldStop)
      kept += lane.probes
      lane.probes = kept
      guard let isEnough else { return false }
      if isEnough || end == count { return true }
      gone += chosen
      end = min(count, Self.growth * end)
    }
  }

  /// To put all lists in order takes as long as to look at many of them: so many times as many are.
  private static let growth = 4

  /// - Returns: whether the lists were enough; `nil` if `shouldStop` returned true.
  private mutating func go(
    _ lane: SearchLane, _ scan: ListScan, _ shouldStop: () -> Bool
  ) -> Bool? {
    let entriesPerList = Double(generation.coveredRows) * 2 / Double(generation.lists.count)
    var kept: [Probe] = []
    var isEnough = false
    let isWhole = scan.runFiltered(lane, shouldStop: shouldStop) { probe, found in
      let size = Double(generation.heads[Int(probe.list)].entryCount)
      looked += 1
      if found == 0 {
        passed += 1
        passedEntries += size
        return false
      }
      kept.append(probe)
      met.append(lane.metCount)
      entries += size
      allowedEntries += Double(found)
      let wanted = Double(unfiltered) * entriesPerList * (1 + Double(passed) / Double(looked))
      // A row may have two entries.
      isEnough =
        entries >= wanted && allowedEntries >= Double(2 * lane.limit)
        && entries >= wanted * pow(entries / allowedEntries, exponent)
      return isEnough
    }
    lane.probes = kept
    return isWhole ? isEnough : nil
  }

  /// Whether fewer rows are allowed in the lists gone through than elsewhere.
  var isThinner: Bool {
    let expected = share * (entries + passedEntries)
    return allowedEntries < Self.thinner * expected - 2 * expected.squareRoot()
  }

  /// Whether a good part of the rows wanted was met in the farther half of the lists, so that
  /// more are to be expected beyond them. A smaller part is enough where fewer rows are allowed
  /// near the query than elsewhere.
  func isLate(_ lane: SearchLane) -> Bool {
    var share = isThinner ? Self.lateShareThinner : Self.lateShare
    share *= pow(max(1, (1 - recall) / Self.lateMissed), Self.lateGrowth)
    let late = (met.last ?? 0) - (met.isEmpty ? 0 : met[(met.count - 1) / 2])
    return Double(late) >= share * Double(lane.limit)
  }

  /// So much of the rows wanted is a good part where one in fifty may be missed, as good as none
  /// of ten, and how it grows as more may be.
  private static let lateShare = 0.3
  private static let lateShareThinner = 0.1
  private static let lateMissed = 0.021
  private static let lateGrowth = 0.3
  /// Fewer rows are allowed near the query where their share is so much of what it is elsewhere,
  /// and chance does not make it less.
  private static let thinner = 0.9

  /// Puts the lists from the place `first` to the place `end` into the lane, nearest first.
  func select(from first: Int, to end: Int, for lane: SearchLane) {
    ListSelection.select(ProbeReach(probes: end), generation, for: lane)
    lane.probes.removeFirst(min(first, lane.probes.count))
  }
}

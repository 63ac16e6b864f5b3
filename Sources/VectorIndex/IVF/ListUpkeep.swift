/// The round through the lists that keeps them in shape.
struct ListUpkeep {
  /// Lists looked at in one step.
  private static let stepListsMax = 64
  /// Lists changed in one step at most: every change makes new centroids.
  private static let stepChangesMax = 8
  /// A list with a greater share of dead entries is rewritten.
  private static let deadShareMax = 0.25
  /// Lists longer than so many times the aim are split, those shorter than a part of it merged.
  private static let splitAt = 3.0
  private static let mergeBelow = 0.25
  /// Where a greater share of the lists aimed at is missing, a round splits lists that are not so
  /// long, but spread.
  private static let missingMax = 0.05
  /// Runs beyond which a list is written anew in one piece.
  private static let runsMax = 8

  /// So great a part of the rows has to come or go for a calibration to be of another index.
  private static let changeMax = 1.0 / 3

  private var cursor = 0
  /// What ends a round whose lists are in many parts.
  private var packing: ListPacking?
  /// Lists whose entries are spread more are split, as long as lists are missing.
  private var spreadMax = Double.infinity
  private var missing = 0
  /// The rows that were covered, and the entries, when the index was calibrated.
  private var calibrated: (rows: UInt32, entries: Int)

  init(calibrated generation: IVFGeneration) {
    calibrated = (generation.coveredRows, generation.entryCount)
  }

  /// Notes that the index was calibrated as it is.
  mutating func calibrated(_ generation: IVFGeneration) {
    calibrated = (generation.coveredRows, generation.entryCount)
  }

  /// Whether so many rows have come or gone since the calibration that it tells little.
  func isCalibrationOld(_ generation: IVFGeneration, _ parameters: IVFParameters) -> Bool {
    let entriesPerRow = parameters.assignsTwice ? 2 : 1
    let come = Int(generation.coveredRows) - Int(calibrated.rows)
    let gone = max(0, calibrated.entries - generation.entryCount) / entriesPerRow
    let rows = max(generation.entryCount, calibrated.entries) / entriesPerRow
    return Double(max(come, gone)) > Self.changeMax * Double(rows)
  }

  /// Looks at the next lists.
  ///
  /// - Parameter packs: whether lists that are in many parts are packed at the end of the round.
  /// - Returns: the next generation if anything changed, and whether the round goes on.
  mutating func step(
    _ generation: IVFGeneration, _ parameters: IVFParameters, rows: DenseColumnView,
    visibility: VisibilityView, packs: Bool
  ) -> (changed: IVFGeneration?, goesOn: Bool) {
    if let step = packing?.step(generation, rows: rows, visibility: visibility) {
      if !step.goesOn { packing = nil }
      return step
    }
    if cursor == 0 { begin(generation, parameters, visibility) }
    let end = min(generation.lists.count, cursor + Self.stepListsMax)
    let aim = Self.entriesAimedAt(generation, parameters)
    var revision = ListRevision(
      generation, parameters: parameters, rows: rows, visibility: visibility)
    var changes = 0
    while cursor < end, changes < Self.stepChangesMax {
      if revise(&revision, list: cursor, generation, aim: aim, visibility) { changes += 1 }
      cursor += 1
    }
    let changed = changes > 0 ? revision.finish() : nil
    // Lists that are gone had lower numbers; second halves are at the end, and looked at in turn.
    cursor -= revision.mergedCount
    let current = changed ?? generation
    if cursor < current.lists.count { return (changed, true) }
    cursor = 0
    if packs, ListPacking.isDue(current) { packing = ListPacking() }
    return (changed, packing != nil)
  }

  /// Finds how many lists are missing, and how far the entries of those to be split are spread: as
  /// many as are missing, and more than those of an index built now would be on average.
  private mutating func begin(
    _ generation: IVFGeneration, _ parameters: IVFParameters, _ visibility: VisibilityView
  ) {
    let count = generation.lists.count
    func isMuch(_ missing: Int) -> Bool {
      Double(missing) > Self.missingMax * Double(count + missing)
    }
    spreadMax = .infinity
    missing = Self.listsAimedAt(generation.entryCount, parameters) - count
    guard count > 0, isMuch(missing) else { return }
    let live = generation.lists.reduce(0) { $0 + $1.liveCount(visibility) }
    missing = Self.listsAimedAt(live, parameters) - count
    guard isMuch(missing) else { return }
    let layout = generation.quantizer.layout
    let spreads = generation.lists.map { $0.spread(layout) }.sorted(by: >)
    let average = spreads.reduce(0, +) / Double(count + missing)
    spreadMax = max(spreads[min(missing, count) - 1], average)
  }

  private static func listsAimedAt(_ entries: Int, _ parameters: IVFParameters) -> Int {
    parameters.listCount
      ?? IVFBuild.listCount(forRows: parameters.assignsTwice ? entries / 2 : entries)
  }

  /// How long lists would be if the index were built now.
  private static func entriesAimedAt(
    _ generation: IVFGeneration, _ parameters: IVFParameters
  ) -> Double {
    let entries = generation.entryCount
    return max(1, Double(entries) / Double(listsAimedAt(entries, parameters)))
  }

  private mutating func revise(
    _ revision: inout ListRevision, list number: Int, _ generation: IVFGeneration, aim: Double,
    _ visibility: VisibilityView
  ) -> Bool {
    let list = generation.lists[number]
    let live = list.liveCount(visibility)
    let slack = 2 * Double(CodeLayout.entriesPerBlock)
    if Double(live) > Self.splitAt * aim + slack
      || missing > 0 && spreadMax < .infinity && Double(live) > slack
        && list.spread(generation.quantizer.layout) >= spreadMax
    {
      revision.split(number)
      missing -= 1
    } else if Double(live) < Self.mergeBelow * aim, generation.lists.count > 1 {
      revision.merge(number)
    } else if Double(list.entryCount - live) > Self.deadShareMax * Double(list.entryCount)
      || list.runs.count > Self.runsMax
    {
      revision.rewrite(number)
    } else {
      return false
    }
    return true
  }
}

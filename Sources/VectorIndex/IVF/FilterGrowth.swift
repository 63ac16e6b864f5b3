import Glibc
import RowSets

/// How many times as many lists a query looks at, for the same recall, if only some rows may answer
/// it: (1/share)^exponent times as many.
///
/// The nearest of a share of the rows lie about as far away as 1/share times as many of all rows.
/// Over how many more lists these are spread depends on the data, and is measured: rows of the
/// index, or queries that came, are searched for among a tenth of the rows.
struct FilterGrowth: Sendable, Equatable {
  /// What holds where nothing was measured: rows are spread over √(1/share) times as many lists.
  static let unknownExponent = 0.5
  /// The share of rows that is measured with.
  static let share = 0.1
  /// What an exponent may be.
  static let exponents = 0.05...0.6

  /// The recall that the exponent was measured at.
  let recall: Double
  let exponent: Double
}

extension Calibration {
  /// The exponent at a recall, between those that were measured.
  func filterExponent(at recall: Double) -> Double {
    guard let first = filterGrowth.first, let last = filterGrowth.last else {
      return FilterGrowth.unknownExponent
    }
    guard let upper = filterGrowth.firstIndex(where: { $0.recall > recall }) else {
      return last.exponent
    }
    if upper == 0 { return first.exponent }
    let (a, b) = (filterGrowth[upper - 1], filterGrowth[upper])
    return a.exponent
      + (recall - a.recall) / (b.recall - a.recall) * (b.exponent - a.exponent)
  }

  /// The recall of so many probes, as far as it was measured.
  func recall(ofProbes probes: Int) -> Double {
    (points.last { $0.probes <= probes } ?? points.first)?.recall ?? 0
  }
}

extension CalibrationMeasurement {
  /// Rows that are searched for among a share of the rows.
  private static let filteredSize = 128
  /// A tenth of fewer rows is too little to tell anything.
  private static let filteredRowsMin = 8_192
  private static let growthRecalls = [0.9, 0.95, 0.98, 0.99]

  /// Measures with rows how many more lists are needed among a tenth of the rows, which have
  /// nothing to do with the vectors, for the recall that `calibration` tells of all rows.
  func filterGrowth(
    _ generation: IVFGeneration, _ calibration: Calibration, _ offsets: [UInt32],
    shouldContinue: () -> Bool
  ) throws(BuildInterrupted) -> [FilterGrowth] {
    guard let allowed = part(of: offsets, generation) else { return [] }
    let samples = draw(Self.filteredSize, of: offsets, seed: seed ^ 0xF118, among: allowed)
    return try filterGrowth(generation, calibration, of: samples, shouldContinue: shouldContinue)
  }

  /// Measures it with queries, of which some are enough.
  func filterGrowth(
    _ generation: IVFGeneration, _ calibration: Calibration, _ offsets: [UInt32],
    queries: [[Float]], shouldContinue: () -> Bool
  ) throws(BuildInterrupted) -> [FilterGrowth] {
    guard let allowed = part(of: offsets, generation) else { return [] }
    let step = max(1, queries.count / Self.filteredSize)
    let samples = stride(from: 0, to: queries.count, by: step).map { number in
      Sample(
        offset: nil,
        query: SearchQuery(vector: queries[number], limit: Self.neighbors, allowed: allowed))
    }
    return try filterGrowth(generation, calibration, of: samples, shouldContinue: shouldContinue)
  }

  /// A tenth of the rows; `nil` if that is too little.
  private func part(of offsets: [UInt32], _ generation: IVFGeneration) -> RowMask? {
    guard offsets.count >= Self.filteredRowsMin else { return nil }
    var random = SplitMix64(seed: seed ^ 0xF117)
    let part = UInt64(1 / FilterGrowth.share)
    let kept = offsets.filter { _ in random.next() % part == 0 }
    return RowSet(kept).mask(below: generation.coveredRows).asBits
  }

  private func filterGrowth(
    _ generation: IVFGeneration, _ calibration: Calibration, of samples: [Sample],
    shouldContinue: () -> Bool
  ) throws(BuildInterrupted) -> [FilterGrowth] {
    guard calibration.points.count > 1 else { return [] }
    var samples = samples
    try findTruth(of: &samples) { _ in shouldContinue() }
    let view = IVFIndexView(generation: generation)
    var points: [CalibrationPoint] = []
    var open = OpenSamples(samples)
    for probes in Self.ladder(upTo: generation.lists.count) {
      var reach = calibration.reach(ofProbes: probes, isFixed: true)
      reach.filterExponent = 0
      // Without the tail, which has none of the rows, nothing is scored but what lists lead to.
      let recall = try recall(
        of: view, reach, &open, scansTail: false, shouldContinue: shouldContinue)
      if recall > points.last?.recall ?? -1 {
        points.append(
          CalibrationPoint(recall: recall, probes: probes, slack: .infinity, isWide: false))
      }
      if recall >= Self.growthRecalls.last ?? 1 { break }
    }
    let filtered = Calibration(points: points)
    let lists = generation.lists.count
    return Self.growthRecalls.compactMap { recall in
      guard let (first, last) = points.first.flatMap({ a in points.last.map { (a, $0) } }),
        first.recall < recall, last.recall >= recall
      else { return nil }
      let all = calibration.reach(forRecall: recall, listCount: lists).evenProbes
      let some = filtered.reach(forRecall: recall, listCount: lists).probes
      let exponent = log(Double(some) / Double(all)) / log(1 / FilterGrowth.share)
      let range = FilterGrowth.exponents
      return FilterGrowth(
        recall: recall, exponent: min(max(exponent, range.lowerBound), range.upperBound))
    }
  }
}

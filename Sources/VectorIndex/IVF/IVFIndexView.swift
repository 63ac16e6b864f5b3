/// An index at one moment, for one reader. Immutable and cheap to copy.
public struct IVFIndexView: Sendable {
  let generation: IVFGeneration

  /// Rows at and above this offset are not in the lists and are scanned.
  public var coveredRows: UInt32 { generation.coveredRows }

  /// How many lists a search of this effort looks at, on average.
  public func probes(for effort: SearchEffort) -> Int { reach(for: effort).probes }

  func reach(for effort: SearchEffort) -> ProbeReach {
    let lists = generation.lists.count
    let calibration = generation.calibration
    var reach =
      switch effort {
      case .recall(let recall): calibration.reach(forRecall: recall, listCount: lists)
      case .probes(let probes): calibration.reach(ofProbes: probes, isFixed: true)
      case .candidates(let candidates):
        calibration.reach(
          forMean: Self.scaled(
            calibration.reach(forRecall: 0.98, listCount: lists).probes, by: candidates))
      }
    reach.probes = max(1, min(reach.probes, lists))
    return reach
  }

  /// A reach that is calibrated for ten neighbours, for `limit` of them. The farther ones are
  /// spread over √(limit / 10) times as many lists, and these have eight entries for each that is
  /// wanted.
  func widened(_ reach: ProbeReach, forLimit limit: Int) -> ProbeReach {
    guard limit > Self.calibratedLimit, !reach.isFixed, coveredRows > 0 else { return reach }
    let lists = Double(generation.lists.count)
    let spread = Double(reach.probes) * (Double(limit) / Double(Self.calibratedLimit)).squareRoot()
    let enough = 4 * Double(limit) * lists / Double(coveredRows)
    let wanted = Int(min(max(spread, enough).rounded(.up), lists))
    if wanted <= reach.probes { return reach }
    var wide = generation.calibration.reach(forMean: wanted)
    if reach.bounds == .wide { wide.bounds = .wide }
    wide.filterExponent = reach.filterExponent
    wide.recall = reach.recall
    return wide
  }

  /// Neighbours that calibration looks for.
  private static let calibratedLimit = 10

  /// `hnsw_ef` of 128 is what gives about 0.98 with a graph index of usual settings.
  private static func scaled(_ probes: Int, by candidates: Int) -> Int {
    let scaled = Double(probes) * Double(candidates) / 128
    return Int(min(scaled.rounded(.up), 1e9))
  }
}

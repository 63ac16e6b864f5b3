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
      case .probes(let probes): calibration.reach(ofProbes: probes)
      case .candidates(let candidates):
        calibration.reach(
          forMean: Self.scaled(
            calibration.reach(forRecall: 0.98, listCount: lists).probes, by: candidates))
      }
    reach.probes = max(1, min(reach.probes, lists))
    return reach
  }

  /// `hnsw_ef` of 128 is what gives about 0.98 with a graph index of usual settings.
  private static func scaled(_ probes: Int, by candidates: Int) -> Int {
    let scaled = Double(probes) * Double(candidates) / 128
    return Int(min(scaled.rounded(.up), 1e9))
  }
}

/// An index at one moment, for one reader. Immutable and cheap to copy.
public struct IVFIndexView: Sendable {
  let generation: IVFGeneration

  /// Rows at and above this offset are not in the lists and are scanned.
  public var coveredRows: UInt32 { generation.coveredRows }

  /// How many lists a search of this effort looks at.
  public func probes(for effort: SearchEffort) -> Int {
    let lists = generation.lists.count
    let probes =
      switch effort {
      case .recall(let recall):
        generation.calibration.probes(forRecall: recall, listCount: lists)
      case .probes(let probes): probes
      case .candidates(let candidates):
        Self.scaled(
          generation.calibration.probes(forRecall: 0.98, listCount: lists), by: candidates)
      }
    return max(1, min(probes, lists))
  }

  /// `hnsw_ef` of 128 is what gives about 0.98 with a graph index of usual settings.
  private static func scaled(_ probes: Int, by candidates: Int) -> Int {
    let scaled = Double(probes) * Double(candidates) / 128
    return Int(min(scaled.rounded(.up), 1e9))
  }
}

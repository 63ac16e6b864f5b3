import Glibc

/// Which reach gave which recall on a sample of queries.
struct Calibration: Sendable, Equatable {
  /// Ascending in recall and probes.
  var points: [CalibrationPoint]
  /// The same for rows whose neighbours lie far away; `nil` where queries calibrated, or none do.
  var remote: RemoteCalibration?
  /// Rows that a query for ten neighbours had scored exactly, on average, if that was measured.
  var scored: Int?
  /// Ascending in recall; empty if not measured.
  var filterGrowth: [FilterGrowth]

  init(
    points: [CalibrationPoint] = [], remote: RemoteCalibration? = nil, scored: Int? = nil,
    filterGrowth: [FilterGrowth] = []
  ) {
    self.points = points
    self.remote = remote
    self.scored = scored
    self.filterGrowth = filterGrowth
  }

  /// The least reach for `recall`, interpolated in the logarithms of probes and misses; beyond the
  /// last point as much again as the extrapolation asks for.
  func reach(forRecall recall: Double, listCount: Int) -> ProbeReach {
    var reach = usualReach(forRecall: recall, listCount: listCount)
    if let remote, recall < 1 {
      let far = Calibration(points: remote.points).usualReach(
        forRecall: recall, listCount: listCount)
      reach.remote = far.slack.map { slack in
        RemoteReach(
          probes: far.probes, slack: slack, bounds: far.bounds, near: remote.near, far: remote.far)
      }
    }
    reach.filterExponent = filterExponent(at: recall)
    reach.recall = recall
    return reach
  }

  private func usualReach(forRecall recall: Double, listCount: Int) -> ProbeReach {
    guard recall < 1 else { return ProbeReach(probes: listCount, bounds: .wide) }
    guard let last = points.last else { return ProbeReach(probes: min(listCount, 32)) }
    if let first = points.first, recall <= first.recall { return ProbeReach(first) }
    guard points.count > 1 else {
      return ProbeReach(probes: min(listCount, last.probes * 2), bounds: .wide)
    }
    let upper = max(1, points.firstIndex { $0.recall >= recall } ?? points.count - 1)
    let (a, b) = (points[upper - 1], points[upper])
    // So few lists are found, or not, in steps.
    if b.probes <= Self.steppedMax, b.recall >= recall { return ProbeReach(b) }
    let misses = { (recall: Double) in log(max(1 - recall, 1e-4)) }
    let span = misses(b.recall) - misses(a.recall)
    guard span < 0 else { return ProbeReach(b) }
    let share = min((misses(recall) - misses(a.recall)) / span, Self.shareMax)
    var reach = Self.between(a, b, share: share)
    if recall > last.recall { reach.bounds = .wide }
    return reach.probes < listCount ? reach : self.reach(ofProbes: listCount)
  }

  /// So many probes, whatever the query.
  func reach(ofProbes probes: Int, isFixed: Bool = false) -> ProbeReach {
    let point = points.first { $0.probes >= probes } ?? points.last
    return ProbeReach(
      probes: probes, isFixed: isFixed, bounds: point?.bounds ?? .standard,
      filterExponent: filterExponent(at: recall(ofProbes: probes)))
  }

  /// So many probes on average.
  func reach(forMean probes: Int) -> ProbeReach {
    guard points.count > 1, probes > 0,
      let first = points.firstIndex(where: { $0.probes >= probes })
    else { return reach(ofProbes: probes) }
    let upper = max(1, first)
    let (a, b) = (points[upper - 1], points[upper])
    let span = log(Double(b.probes)) - log(Double(a.probes))
    guard span > 0 else { return reach(ofProbes: probes) }
    let share = (log(Double(probes)) - log(Double(a.probes))) / span
    var reach = Self.between(a, b, share: share)
    reach.probes = probes
    reach.filterExponent = filterExponent(at: recall(ofProbes: probes))
    return reach
  }

  private static let steppedMax = 8
  /// How far beyond the last two points is extrapolated, in steps of theirs.
  private static let shareMax = 4.0

  private static func between(
    _ a: CalibrationPoint, _ b: CalibrationPoint, share: Double
  ) -> ProbeReach {
    let low = log(Double(a.probes))
    let high = log(Double(b.probes))
    let probes = exp(low + share * (high - low)).rounded(.up)
    let slack = a.slack + Float(share) * (b.slack - a.slack)
    return ProbeReach(
      probes: max(1, Int(min(probes, 1e9))), slack: slack.isFinite ? slack : nil, bounds: b.bounds)
  }
}

/// Which reach gave which recall on rows whose neighbours are far away.
struct RemoteCalibration: Sendable, Equatable {
  /// The distance of neighbours that seven of ten rows fall short of; see ``RemoteReach/near``.
  var near: Float
  /// The mean distance of those of the rows that were measured.
  var far: Float
  var points: [CalibrationPoint]
}

extension ProbeReach {
  init(_ point: CalibrationPoint) {
    self.init(
      probes: point.probes, slack: point.slack.isFinite ? point.slack : nil, bounds: point.bounds)
  }
}

extension CalibrationPoint {
  var bounds: ErrorBounds { isWide ? .wide : .standard }
}

import Glibc

/// How many probes gave which recall on a sample of the rows.
struct Calibration: Sendable, Equatable {
  /// Ascending in both.
  var points: [CalibrationPoint]

  init(points: [CalibrationPoint] = []) {
    self.points = points
  }

  /// The least probes for `recall`, interpolated in the logarithms of probes and misses; beyond the
  /// last point as many again as the extrapolation asks for.
  func probes(forRecall recall: Double, listCount: Int) -> Int {
    guard recall < 1 else { return listCount }
    guard let last = points.last else { return min(listCount, 32) }
    if let first = points.first, recall <= first.recall { return first.probes }
    var lower = points[0]
    for point in points.dropFirst() {
      if point.recall >= recall { return interpolate(recall, lower, point, listCount) }
      lower = point
    }
    guard points.count > 1 else { return min(listCount, last.probes * 2) }
    return interpolate(recall, points[points.count - 2], last, listCount)
  }

  private func interpolate(
    _ recall: Double, _ a: CalibrationPoint, _ b: CalibrationPoint, _ listCount: Int
  ) -> Int {
    let misses = { (recall: Double) in log(max(1 - recall, 1e-4)) }
    let span = misses(b.recall) - misses(a.recall)
    guard span < 0 else { return b.probes }
    let share = min((misses(recall) - misses(a.recall)) / span, 4)
    let low = log(Double(a.probes))
    let high = log(Double(b.probes))
    let probes = exp(low + share * (high - low)).rounded(.up)
    return max(1, min(listCount, Int(probes)))
  }
}

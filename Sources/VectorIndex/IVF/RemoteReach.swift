/// The reach of queries unlike the rows, and how they are told.
///
/// The lists that hold a query's neighbours spread over a range of distances that grows with how
/// far these lie. Among rows whose neighbours are near, as where many rows are almost alike, a
/// reach that finds theirs finds only some of those of a query from elsewhere. So the rows of the
/// farthest neighbours are calibrated by themselves, and a query looks as far as the distance of
/// its own says, between the two; and farther still where its neighbours are farther away than any
/// row's.
struct RemoteReach: Sendable, Equatable {
  /// Lists that are looked at on average where neighbours are ``far``.
  var probes: Int
  /// As in ``ProbeReach/slack``, there.
  var slack: Float
  var bounds: ErrorBounds
  /// The distance of neighbours (``SearchLane/neighborDistance(rank:_:)``) up to which a query goes
  /// by the usual reach.
  var near: Float
  /// That of the rows this was calibrated with, on average.
  var far: Float

  /// Neighbours whose distance tells.
  static let neighbors = 10
  /// So much of the way from ``near`` to ``far``, all of it is looked at: between the two, too much
  /// costs little and too little misses what was asked for.
  private static let ramp: Float = 0.7
  /// A smaller part of the way is not worth a second look.
  private static let leastShare: Float = 0.1
  /// So much farther lists are looked at as neighbours are farther away than ``far``, whatever the
  /// recall: so texts of dictionaries find among documentation what they ask for, at every recall.
  private static let gain: Float = 0.5
  /// So many times as many lists may be looked at there: a query from elsewhere lies amid many.
  private static let most = 4

  /// The reach of a query whose neighbours are so far, if it is to look farther than `reach`.
  func widened(_ reach: ProbeReach, distance: Float, _ metric: Metric) -> ProbeReach? {
    guard let usual = reach.slack, far > near, distance.isFinite else { return nil }
    let share = min((distance - near) / (Self.ramp * (far - near)), 1)
    guard share > Self.leastShare else { return nil }
    let beyond = max(0, Self.length(distance, metric) - Self.length(far, metric))
    var wider = reach
    wider.slack = usual + share * max(0, slack - usual) + Self.gain * beyond
    wider.probes = max(reach.probes, probes)
    if beyond > 0 {
      // As many as there are within that reach, unless these are very many.
      wider.probes = min(wider.probes, 1 << 30) * Self.most
    }
    if bounds == .wide { wider.bounds = .wide }
    return wider == reach ? nil : wider
  }

  /// The distance of neighbours in the units of ``ProbeReach/slack``. Rows that are ranked by
  /// distance and compared by product are of one length, in nearly all collections 1.
  private static func length(_ distance: Float, _ metric: Metric) -> Float {
    metric == .squaredEuclid ? distance : max(0, 2 + 2 * distance).squareRoot()
  }
}

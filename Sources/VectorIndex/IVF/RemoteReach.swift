/// The reach of queries unlike the rows, and how they are told.
///
/// The lists that hold a query's neighbours spread over a range of distances that grows with how
/// far these lie. Among rows whose neighbours are near, as where many rows are almost alike, a
/// reach that finds theirs finds only some of those of a query from elsewhere. So the rows of the
/// farthest neighbours are calibrated by themselves, and a query looks as far as the distance of
/// its own says, between the two.
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

  /// The reach of a query whose neighbours are so far, if it is to look farther than `reach`.
  func widened(_ reach: ProbeReach, distance: Float) -> ProbeReach? {
    guard let usual = reach.slack, slack > usual, far > near, distance.isFinite else { return nil }
    let share = min((distance - near) / (Self.ramp * (far - near)), 1)
    guard share > Self.leastShare else { return nil }
    var wider = reach
    wider.slack = usual + share * (slack - usual)
    wider.probes = max(reach.probes, probes)
    if bounds == .wide { wider.bounds = .wide }
    return wider
  }
}

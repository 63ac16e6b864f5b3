/// How far from a query lists are looked at.
struct ProbeReach: Sendable, Equatable {
  /// Lists that are looked at, or are on average.
  var probes: Int
  /// How much more remote than its eight nearest lists on average a list may be for a query to look
  /// at it; `nil` for ``probes`` lists whatever the query.
  ///
  /// A query amid many lists then looks at more of them than one that lies in a list's middle, and
  /// at the same mean recall all together look at fewer (compare the dynamic pruning of SPANN,
  /// arXiv 2111.08566, which measures from the nearest list alone).
  var slack: Float? = nil
  /// How far queries are looked from whose neighbours lie farther away; `nil` if no farther.
  var remote: RemoteReach? = nil
  /// Whether it is to be just this reach, however many neighbours are wanted and found.
  var isFixed = false
  /// Which entries of those lists are looked at.
  var bounds = ErrorBounds.standard
  /// How the lists that are needed grow as fewer rows may answer; see ``FilterGrowth``.
  var filterExponent = FilterGrowth.unknownExponent
  /// The recall that it is meant to give, as far as that is known.
  var recall = 0.98

  /// Lists that every query has to look at for the recall that this reach gives: where lists are
  /// chosen by something else than their remoteness.
  var evenProbes: Int { slack == nil ? probes : probes + probes / 3 }

  /// The nearest lists whose mean remoteness a query is measured from.
  static let referenceCount = 8
  /// So many times ``probes`` lists are looked at, at most.
  static let spreadMax = 2
}

import RowSets

/// One query on its way through a scan.
struct ScanLane<Collector: NeighborCollector> {
  let scorer: any Scorer
  let minimumScore: Float
  let allowed: RowMask?
  var collector: Collector

  init(_ query: SearchQuery, scorer: any Scorer, collector: Collector) {
    self.scorer = scorer
    self.minimumScore = query.minimumScore ?? -.infinity
    self.allowed = query.allowed
    self.collector = collector
  }

  init(_ query: ScorerQuery, collector: Collector) {
    self.scorer = query.scorer
    self.minimumScore = query.minimumScore ?? -.infinity
    self.allowed = query.allowed
    self.collector = collector
  }

  /// The lowest score worth a closer look.
  var bound: Float { max(minimumScore, collector.threshold) }
}

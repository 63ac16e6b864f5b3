/// One query on its way through a scan.
struct ScanLane<Collector: NeighborCollector> {
  let vector: [Float]
  let minimumScore: Float
  let allowed: OffsetBitmap?
  var collector: Collector

  init(_ query: SearchQuery, collector: Collector) {
    self.vector = query.vector
    self.minimumScore = query.minimumScore ?? -.infinity
    self.allowed = query.allowed
    self.collector = collector
  }

  /// The lowest score worth a closer look.
  var bound: Float { max(minimumScore, collector.threshold) }
}

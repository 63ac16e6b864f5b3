/// Keeps what a scan finds for one query.
protocol NeighborCollector {
  /// Scores below this need not be offered any more.
  var threshold: Float { get }
  mutating func offer(offset: UInt32, score: Float)
}

extension TopK: NeighborCollector {}

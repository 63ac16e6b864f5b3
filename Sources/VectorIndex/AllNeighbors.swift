/// Keeps everything.
struct AllNeighbors: NeighborCollector {
  var elements: [Neighbor] = []
  var threshold: Float { -.infinity }

  mutating func offer(offset: UInt32, score: Float) {
    elements.append(Neighbor(offset: offset, score: score))
  }
}

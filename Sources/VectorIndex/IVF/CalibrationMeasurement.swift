/// Finds out how many probes give which recall: rows of the index itself, or queries, are searched
/// for, and what is found compared with an exact scan. A row is no neighbour of itself.
struct CalibrationMeasurement {
  let metric: Metric
  let rows: VectorColumnView
  let visibility: VisibilityView
  let seed: UInt64

  private static let sampleSize = 256
  private static let neighbors = 10
  /// Enough, so that more probes are not tried.
  private static let recallEnough = 0.996
  /// Queries that share one exact scan.
  private static let batch = 16

  private struct Sample {
    /// The row that is searched for; `nil` for a query that is none.
    let offset: UInt32?
    let query: SearchQuery
    /// The score of the last of the true neighbours.
    var worst: Float = -.infinity
    var wanted = 0
  }

  func run(
    _ generation: IVFGeneration, among offsets: [UInt32], shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) -> Calibration {
    try run(generation, with: draw(offsets), shouldContinue)
  }

  /// Measures with queries instead of rows.
  func run(
    _ generation: IVFGeneration, queries: [[Float]], shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) -> Calibration {
    let samples = queries.map { vector in
      Sample(offset: nil, query: SearchQuery(vector: vector, limit: Self.neighbors))
    }
    return try run(generation, with: samples, shouldContinue)
  }

  private func run(
    _ generation: IVFGeneration, with samples: [Sample], _ shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) -> Calibration {
    var samples = samples
    guard samples.count > 1 else { return Calibration() }
    let count = samples.count
    for start in stride(from: 0, to: count, by: Self.batch) {
      try findTruth(of: &samples[start..<min(count, start + Self.batch)]) {
        shouldContinue(0.5 * Double(start) / Double(count))
      }
    }
    var points: [CalibrationPoint] = []
    let view = IVFIndexView(generation: generation)
    for probes in Self.ladder(upTo: generation.lists.count) {
      let recall = try self.recall(of: view, probes: probes, samples) { shouldContinue(0.75) }
      // Chance may give fewer probes the better figure; more probes never find less for long.
      if recall > points.last?.recall ?? -1 {
        points.append(CalibrationPoint(recall: recall, probes: probes))
      }
      if recall >= Self.recallEnough { break }
    }
    return Calibration(points: points)
  }

  /// Numbers of probes, each about 1.4 times the one before.
  private static func ladder(upTo listCount: Int) -> [Int] {
    var steps: [Int] = []
    var step = 1.0
    while Int(step) < listCount {
      if steps.last != Int(step) { steps.append(Int(step)) }
      step *= 2.0.squareRoot()
    }
    return steps + [listCount]
  }

  private func draw(_ offsets: [UInt32]) -> [Sample] {
    var random = SplitMix64(seed: seed ^ 0xCA1B)
    var samples: [Sample] = []
    for _ in 0..<min(Self.sampleSize, offsets.count) {
      let offset = offsets[Int(random.next() % UInt64(offsets.count))]
      guard let vector = rows.row(offset) else { continue }
      samples.append(
        Sample(offset: offset, query: SearchQuery(vector: vector, limit: Self.neighbors + 1)))
    }
    return samples
  }

  private func findTruth(
    of samples: inout ArraySlice<Sample>, shouldContinue: () -> Bool
  ) throws(BuildInterrupted) {
    let truth: [[Neighbor]]
    do throws(SearchInterrupted) {
      truth = try ExactScan(metric: metric).search(
        samples.map(\.query), in: rows, visibility: visibility,
        shouldStop: { !shouldContinue() })
    } catch {
      throw BuildInterrupted()
    }
    for (index, neighbors) in zip(samples.indices, truth) {
      let others = neighbors.filter { $0.offset != samples[index].offset }.prefix(Self.neighbors)
      samples[index].worst = others.last?.score ?? .infinity
      samples[index].wanted = others.count
    }
  }

  private func recall(
    of view: IVFIndexView, probes: Int, _ samples: [Sample], shouldContinue: () -> Bool
  ) throws(BuildInterrupted) -> Double {
    let search = IVFSearch(view, effort: .probes(probes))
    var found = 0
    var wanted = 0
    for sample in samples {
      let neighbors: [Neighbor]
      do throws(SearchInterrupted) {
        neighbors = try search.search(
          [sample.query], in: rows, visibility: visibility, shouldStop: { !shouldContinue() })[0]
      } catch {
        throw BuildInterrupted()
      }
      // By score: of equally near rows any will do.
      let good = neighbors.count { $0.offset != sample.offset && $0.score >= sample.worst }
      found += min(good, sample.wanted)
      wanted += sample.wanted
    }
    return wanted == 0 ? 1 : Double(found) / Double(wanted)
  }
}

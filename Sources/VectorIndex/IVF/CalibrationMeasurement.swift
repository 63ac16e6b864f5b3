import Glibc
import RowSets

/// Finds out which reach gives which recall: rows of the index itself, or queries, are searched
/// for, and what is found compared with an exact scan. A row is no neighbour of itself.
struct CalibrationMeasurement {
  let metric: Metric
  let rows: DenseColumnView
  let visibility: VisibilityView
  let seed: UInt64

  private static let sampleSize = 256
  static let neighbors = RemoteReach.neighbors
  /// Rows of which those with the farthest neighbours are calibrated by themselves.
  private static let poolSize = 1024
  private static let remoteSize = 64
  /// The recall that their lists are chosen for.
  private static let poolRecall = 0.95
  /// The recall of the searches whose scored rows are counted.
  private static let usualRecall = 0.98
  /// Enough, so that more probes are not tried.
  static let recallEnough = 0.996
  /// Beyond this recall, standard bounds cost more than wide ones.
  private static let standardRecallMax = 0.99
  /// Where lists are what is wanting, misses fall with at least this power of the probes, once
  /// most neighbours are found.
  private static let leastGain = 0.25
  private static let mostRecall = 0.8
  /// Queries that share one exact scan.
  static let batch = 16

  struct Sample {
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
    var calibration = try run(generation, with: draw(offsets)) { shouldContinue(0.6 * $0) }
    calibration.filterGrowth = try filterGrowth(generation, calibration, offsets) {
      shouldContinue(0.65)
    }
    calibration.remote = try remote(generation, calibration, offsets) {
      shouldContinue(0.7 + 0.3 * $0)
    }
    return calibration
  }

  /// Measures with those of many rows whose neighbours are the farthest; `nil` where they say
  /// nothing of other queries.
  private func remote(
    _ generation: IVFGeneration, _ calibration: Calibration, _ offsets: [UInt32],
    shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) -> RemoteCalibration? {
    guard offsets.count >= 4 * Self.poolSize, !generation.quantizer.ranksByProduct else {
      return nil
    }
    let lists = generation.lists.count
    let search = IVFSearch(
      IVFIndexView(generation: generation),
      reach: calibration.reach(forRecall: Self.poolRecall, listCount: lists))
    var pool: [(distance: Float, sample: Sample)] = []
    for sample in draw(Self.poolSize, of: offsets, seed: seed ^ 0xFA12) {
      guard shouldContinue(0) else { throw BuildInterrupted() }
      let distance = search.neighborDistance(of: sample.query, in: rows, visibility: visibility)
      if distance.isFinite { pool.append((distance, sample)) }
    }
    guard pool.count > 2 * Self.remoteSize else { return nil }
    pool.sort { $0.distance < $1.distance }
    let farthest = pool.suffix(Self.remoteSize)
    let near = pool[pool.count * 6 / 10].distance
    let far = farthest.reduce(0) { $0 + $1.distance } / Float(farthest.count)
    guard far > near else { return nil }
    let points = try run(generation, with: farthest.map(\.sample), shouldContinue).points
    return RemoteCalibration(near: near, far: far, points: points)
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
    let margins = try margins(of: samples, generation) { shouldContinue(0.5) }
    var isWide = false
    for probes in Self.ladder(upTo: generation.lists.count) {
      // Those of samples out of range are missing; without any, all look at as many lists.
      let lists = generation.lists.count - generation.emptyLists.count
      let measured = lists == 0 ? 0 : margins.count / lists
      let slack =
        measured == 0 ? .infinity : margins[min(margins.count, probes * measured) - 1]
      var reach = ProbeReach(
        probes: probes, slack: slack.isFinite ? slack : nil, isFixed: true)
      if isWide { reach.bounds = .wide }
      var recall = try self.recall(of: view, reach, samples) { shouldContinue(0.75) }
      if !isWide, let last = points.last, Self.gainsLittle(last, recall: recall, probes: probes) {
        // Not lists are wanting, but a look at what is in them.
        isWide = true
        reach.bounds = .wide
        recall = try self.recall(of: view, reach, samples) { shouldContinue(0.75) }
      }
      // Chance may give fewer probes the better figure; more probes never find less for long.
      if recall > points.last?.recall ?? -1 {
        points.append(
          CalibrationPoint(recall: recall, probes: probes, slack: slack, isWide: isWide))
      }
      if recall >= Self.recallEnough { break }
      if recall >= Self.standardRecallMax { isWide = true }
    }
    let usual = Calibration(points: points).reach(
      forRecall: Self.usualRecall, listCount: generation.lists.count)
    let trace = SearchTrace()
    _ = try recall(of: view, usual, samples, trace) { shouldContinue(1) }
    let scored = trace.take().reduce(0) { $0 + $1.scored }
    return Calibration(points: points, scored: scored / count)
  }

  private static func gainsLittle(
    _ last: CalibrationPoint, recall: Double, probes: Int
  ) -> Bool {
    if last.recall < mostRecall { return false }
    let misses = log(max(1 - last.recall, 1e-4) / max(1 - recall, 1e-4))
    return misses < leastGain * log(Double(probes) / Double(last.probes))
  }

  /// Numbers of probes, each about 1.4 times the one before.
  static func ladder(upTo listCount: Int) -> [Int] {
    var steps: [Int] = []
    var step = 1.0
    while Int(step.rounded()) < listCount {
      if steps.last != Int(step.rounded()) { steps.append(Int(step.rounded())) }
      step *= 2.0.squareRoot()
    }
    return steps + [listCount]
  }

  /// How much more remote than its nearest lists each list is from each sample, ascending: the
  /// first *n* times as many as there are samples make *n* lists a sample on average.
  private func margins(
    of samples: [Sample], _ generation: IVFGeneration, shouldContinue: () -> Bool
  ) throws(BuildInterrupted) -> [Float] {
    var margins: [Float] = []
    margins.reserveCapacity(samples.count * generation.lists.count)
    for sample in samples {
      guard shouldContinue() else { throw BuildInterrupted() }
      let vector = rows.codec.listForm(of: sample.query.vector, metric: metric)
      let lists = ListSelection.remoteness(of: vector, from: generation).sorted()
      guard !lists.isEmpty, lists.allSatisfy(\.isFinite) else { continue }
      let nearest = lists.prefix(ProbeReach.referenceCount)
      let mean = nearest.reduce(0, +) / Float(nearest.count)
      margins += lists.map { $0 - mean }
    }
    return margins.sorted()
  }

  private func draw(_ offsets: [UInt32]) -> [Sample] {
    draw(Self.sampleSize, of: offsets, seed: seed ^ 0xCA1B)
  }

  func draw(
    _ count: Int, of offsets: [UInt32], seed: UInt64, among allowed: RowMask? = nil
  ) -> [Sample] {
    var random = SplitMix64(seed: seed)
    var samples: [Sample] = []
    for _ in 0..<min(count, offsets.count) {
      let offset = offsets[Int(random.next() % UInt64(offsets.count))]
      guard let vector = rows.row(offset) else { continue }
      samples.append(
        Sample(
          offset: offset,
          query: SearchQuery(vector: vector, limit: Self.neighbors + 1, allowed: allowed)))
    }
    return samples
  }

  func findTruth(
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

  func recall(
    of view: IVFIndexView, _ reach: ProbeReach, _ samples: [Sample],
    _ trace: SearchTrace? = nil, scansTail: Bool = true, shouldContinue: () -> Bool
  ) throws(BuildInterrupted) -> Double {
    var search = IVFSearch(view, reach: reach, scansTail: scansTail)
    search.trace = trace
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

import Glibc
import RowSets

/// Finds out which reach gives which recall: rows of the index itself, or queries, are searched
/// for, and what is found compared with an exact scan. A row is no neighbour of itself.
struct CalibrationMeasurement {
  let metric: Metric
  let rows: DenseColumnView
  let visibility: VisibilityView
  let seed: UInt64
  /// Who does a part of the searches; `nil` for nobody.
  var help: (any BuildHelp)?

  private static let sampleSize = 256
  static let neighbors = RemoteReach.neighbors
  /// Rows of which those with the farthest neighbours are calibrated by themselves.
  private static let poolSize = 1024
  private static let remoteSize = 64
  /// Of those rows, so many are searched for with the usual reach: a farther one for more of them
  /// costs the queries like them more than it finds.
  private static let nearShare = 0.7
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
  private static let batch = 16
  /// Searches between two looks at the time.
  private static let searchedBatch = 4

  struct Sample: Sendable {
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
    let samples = draw(Self.poolSize, of: offsets, seed: seed ^ 0xFA12)
    let (rows, visibility) = (rows, visibility)
    let distances = PartResults<Float>(repeating: .infinity, count: samples.count)
    let goesOn = { shouldContinue(0) }
    try forEachPart(of: samples, shouldContinue: goesOn) { part, _ in
      for number in part {
        distances[number] = search.neighborDistance(
          of: samples[number].query, in: rows, visibility: visibility)
      }
      return true
    }
    var pool = zip(distances.elements, samples).map { (distance: $0, sample: $1) }
      .filter(\.distance.isFinite)
    guard pool.count > 2 * Self.remoteSize else { return nil }
    pool.sort { $0.distance < $1.distance }
    let farthest = pool.suffix(Self.remoteSize)
    let near = pool[Int(Double(pool.count) * Self.nearShare)].distance
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
    try findTruth(of: &samples) { shouldContinue(0.5 * $0) }
    var points: [CalibrationPoint] = []
    let view = IVFIndexView(generation: generation)
    let margins = try margins(of: samples, generation) { shouldContinue(0.5) }
    var isWide = false
    var open = OpenSamples(samples)
    for probes in Self.ladder(upTo: generation.lists.count) {
      // Those of samples out of range are missing; without any, all look at as many lists.
      let lists = generation.lists.count - generation.emptyLists.count
      let measured = lists == 0 ? 0 : margins.count / lists
      let slack =
        measured == 0 ? .infinity : margins[min(margins.count, probes * measured) - 1]
      var reach = ProbeReach(
        probes: probes, slack: slack.isFinite ? slack : nil, isFixed: true)
      if isWide { reach.bounds = .wide }
      var recall = try self.recall(of: view, reach, &open) { shouldContinue(0.75) }
      if !isWide, let last = points.last, Self.gainsLittle(last, recall: recall, probes: probes) {
        // Not lists are wanting, but a look at what is in them.
        isWide = true
        reach.bounds = .wide
        recall = try self.recall(of: view, reach, &open) { shouldContinue(0.75) }
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
    var search = IVFSearch(view, reach: usual)
    search.trace = SearchTrace()
    _ = try self.search(search, for: samples) { shouldContinue(1) }
    let scored = search.trace?.take().reduce(0) { $0 + $1.scored } ?? 0
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
    let (rows, metric) = (rows, metric)
    let found = PartResults<[Float]>(repeating: [], count: samples.count)
    try forEachPart(of: samples, shouldContinue: shouldContinue) { part, _ in
      for number in part {
        let vector = rows.codec.listForm(of: samples[number].query.vector, metric: metric)
        let lists = ListSelection.remoteness(of: vector, from: generation).sorted()
        guard !lists.isEmpty, lists.allSatisfy(\.isFinite) else { continue }
        let nearest = lists.prefix(ProbeReach.referenceCount)
        let mean = nearest.reduce(0, +) / Float(nearest.count)
        found[number] = lists.map { $0 - mean }
      }
      return true
    }
    return found.elements.flatMap(\.self).sorted()
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

  /// Finds the true neighbours of samples that are searched for among the same rows.
  func findTruth(
    of samples: inout [Sample], shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) {
    let found = PartResults<[Neighbor]?>(repeating: nil, count: samples.count)
    let tiled = TiledScan(metric: metric, rows: rows, visibility: visibility)
    if tiled.isPossible {
      let numbers = Array(samples.indices)
      try search(samples, numbers, by: tiled.batch, into: found, shouldContinue) {
        queries, shouldStop throws(SearchInterrupted) in
        try tiled.search(queries, shouldStop: shouldStop)
      }
    }
    let (rows, metric, visibility) = (rows, metric, visibility)
    let left = samples.indices.filter { found[$0] == nil }
    try search(samples, left, by: Self.batch, into: found, shouldContinue) {
      queries, shouldStop throws(SearchInterrupted) in
      try ExactScan(metric: metric).search(
        queries, in: rows, visibility: visibility, shouldStop: shouldStop)
    }
    for index in samples.indices {
      let others = (found[index] ?? []).filter { $0.offset != samples[index].offset }
        .prefix(Self.neighbors)
      samples[index].worst = others.last?.score ?? .infinity
      samples[index].wanted = others.count
    }
  }

  /// Searches for the samples of some numbers, so many at once.
  private func search(
    _ samples: [Sample], _ numbers: [Int], by batch: Int, into found: PartResults<[Neighbor]?>,
    _ shouldContinue: (Double) -> Bool,
    _ body:
      @escaping @Sendable ([SearchQuery], () -> Bool) throws(SearchInterrupted) ->
      [[Neighbor]?]
  ) throws(BuildInterrupted) {
    let parts = (numbers.count + batch - 1) / batch
    try BuildLoop.run(parts, with: help, shouldContinue: shouldContinue) {
      { part, shouldStop in
        let part = numbers[part * batch..<min(numbers.count, (part + 1) * batch)]
        do throws(SearchInterrupted) {
          let neighbors = try body(part.map { samples[$0].query }, shouldStop)
          for (number, neighbors) in zip(part, neighbors) { found[number] = neighbors }
          return true
        } catch {
          return false
        }
      }
    }
  }

  /// The share of the true neighbours that is found. Samples that find all of theirs are `open` no
  /// more.
  func recall(
    of view: IVFIndexView, _ reach: ProbeReach, _ open: inout OpenSamples,
    scansTail: Bool = true, shouldContinue: () -> Bool
  ) throws(BuildInterrupted) -> Double {
    let found = try search(
      IVFSearch(view, reach: reach, scansTail: scansTail), for: open.samples, shouldContinue)
    return open.note(found)
  }

  /// How many of its true neighbours each sample finds.
  private func search(
    _ search: IVFSearch, for samples: [Sample], _ shouldContinue: () -> Bool
  ) throws(BuildInterrupted) -> [Int] {
    let (rows, visibility) = (rows, visibility)
    let found = PartResults<Int>(repeating: 0, count: samples.count)
    try forEachPart(of: samples, shouldContinue: shouldContinue) { part, shouldStop in
      for number in part {
        let sample = samples[number]
        do throws(SearchInterrupted) {
          let neighbors = try search.search(
            [sample.query], in: rows, visibility: visibility, shouldStop: shouldStop)[0]
          // By score: of equally near rows any will do.
          let good = neighbors.count { $0.offset != sample.offset && $0.score >= sample.worst }
          found[number] = min(good, sample.wanted)
        } catch {
          return false
        }
      }
      return true
    }
    return samples.indices.map { found[$0] }
  }

  /// Calls `body` with the numbers of a few samples after another, on the threads that there are.
  private func forEachPart(
    of samples: [Sample], shouldContinue: () -> Bool,
    _ body: @escaping @Sendable (Range<Int>, _ shouldStop: () -> Bool) -> Bool
  ) throws(BuildInterrupted) {
    let count = samples.count
    let batch = Self.searchedBatch
    let goesOn = { (_: Double) in shouldContinue() }
    try BuildLoop.run((count + batch - 1) / batch, with: help, shouldContinue: goesOn) {
      { part, shouldStop in
        body(part * batch..<min(count, (part + 1) * batch), shouldStop)
      }
    }
  }
}

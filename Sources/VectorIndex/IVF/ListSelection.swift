/// Chooses the lists that one query looks at. Used by one thread.
///
/// Estimates from the centroids' codes say which of them are scored exactly, and exact scores which
/// are taken, and in which order.
struct ListSelection {
  private let generation: IVFGeneration
  private let quantizer: CoarseQuantizer
  private let lane: SearchLane
  private let numbers: UnsafeMutablePointer<UInt32>
  /// What was scored, as sort keys of its negated score and its list: the nearest come first.
  private let keys: UnsafeMutableBufferPointer<UInt64>
  private var keyCount = 0

  /// Positions that picking the smallest may find beyond what was asked for.
  private static let overshoot = 16
  /// Lists scored before anything is known.
  private static let firstCount = 24

  /// Puts the lists within `reach` of the lane's query into the lane, nearest first. Lists without
  /// an entry are as if they were not there.
  ///
  /// - Parameter goesOn: whether what was scored for the same query counts.
  static func select(
    _ reach: ProbeReach, _ generation: IVFGeneration, for lane: SearchLane, goesOn: Bool = false
  ) {
    if !goesOn { lane.ranked = nil }
    lane.probes.removeAll(keepingCapacity: true)
    let quantizer = generation.quantizer
    let count = quantizer.count - generation.emptyLists.count
    if count == 0 { return }
    let numbers = lane.scratch.picked.room(
      for: max(quantizer.codes.estimateCount, quantizer.groupEstimateCount) + overshoot)
    let keys = UnsafeMutableBufferPointer(
      start: lane.scratch.listKeys.room(for: quantizer.count), count: quantizer.count)
    var selection = ListSelection(
      generation: generation, quantizer: quantizer, lane: lane, numbers: numbers, keys: keys)
    let wanted = min(max(1, reach.probes), count)
    if let slack = reach.slack, wanted < count {
      selection.rank(within: slack, most: min(wanted * ProbeReach.spreadMax, count))
    } else {
      selection.rank(nearest: wanted)
    }
    selection.finish()
  }

  /// Has a lane whose probes were scanned look farther if its neighbours turned out to be far away.
  /// What was scanned is not put into it again.
  ///
  /// - Returns: whether there are more lists to be scanned.
  static func widen(_ reach: ProbeReach, _ generation: IVFGeneration, for lane: SearchLane) -> Bool
  {
    guard lane.query.allowed == nil, let remote = reach.remote else { return false }
    let metric = generation.quantizer.metric
    let distance = lane.neighborDistance(rank: RemoteReach.neighbors, metric)
    guard let wider = remote.widened(reach, distance: distance, metric) else { return false }
    lane.earlierProbes = lane.probes
    lane.errors = wider.bounds
    select(wider, generation, for: lane, goesOn: true)
    lane.dropProbes(ofListsIn: lane.earlierProbes)
    return !lane.probes.isEmpty
  }

  /// How remote every list with entries is from a query: the distance of its centroid, or, where
  /// lists are ranked by product, the product that a query of length 1 has with it, negated.
  static func remoteness(of query: [Float], from generation: IVFGeneration) -> [Float] {
    let quantizer = generation.quantizer
    let lists = generation.lists.indices.filter { generation.lists[$0].entryCount > 0 }
    var scores = [Float](repeating: 0, count: lists.count)
    let rows = lists.map { quantizer.centroids.row($0) }
    let squaredLength = query.withUnsafeBufferPointer { query in
      rows.withUnsafeBufferPointer { rows in
        scores.withUnsafeMutableBufferPointer {
          Kernels.score(quantizer.orderMetric, query: query, gathering: rows, into: $0)
        }
      }
      return Float(VectorMath.squaredLength(query))
    }
    let scale = remotenessScale(squaredLength, quantizer)
    return scores.map { remoteness(score: $0, scale, quantizer) }
  }

  // MARK: Remoteness

  private static func remotenessScale(
    _ squaredLength: Float, _ quantizer: CoarseQuantizer
  ) -> Float {
    quantizer.ranksByProduct ? max(squaredLength.squareRoot(), .leastNormalMagnitude) : 1
  }

  private static func remoteness(
    score: Float, _ scale: Float, _ quantizer: CoarseQuantizer
  ) -> Float {
    quantizer.ranksByProduct ? -score / scale : max(0, -score).squareRoot()
  }

  /// The score of a list so remote.
  private static func score(
    remoteness: Float, _ scale: Float, _ quantizer: CoarseQuantizer
  ) -> Float {
    quantizer.ranksByProduct ? -remoteness * scale : -(max(0, remoteness) * max(0, remoteness))
  }

  // MARK: Ranking

  /// Half as many again as are wanted are scored exactly.
  private mutating func rank(nearest wanted: Int) {
    let candidates = wanted + wanted / 2 + 16
    if candidates * 4 >= (quantizer.count - generation.emptyLists.count) * 3 {
      scoreAll()
    } else {
      let scan = CentroidScan(generation, lane: lane, wanted: wanted)
      score(pick(candidates, of: scan))
    }
    keepNearest(wanted)
  }

  /// The nearest lists tell how far the others may be, and the estimates which others may be near
  /// enough.
  private mutating func rank(within slack: Float, most: Int) {
    if quantizer.count - generation.emptyLists.count <= 2 * Self.firstCount {
      scoreAll()
      keepNearest(keyCount)
      return keep(atLeast: leastScore(within: slack), most: most)
    }
    if let ranked = lane.ranked, ranked.extent.suffices(for: most) {
      keyCount = ranked.count
      let scan = CentroidScan(generation, lane: lane, from: ranked.extent)
      return rank(within: slack, most: most, of: scan)
    }
    let scan = CentroidScan(generation, lane: lane, wanted: most)
    score(pick(Self.firstCount, of: scan))
    keepNearest(keyCount)
    rank(within: slack, most: most, of: scan)
  }

  /// - Precondition: the nearest lists were scored, and are in order.
  private mutating func rank(within slack: Float, most: Int, of scan: borrowing CentroidScan) {
    let least = leastScore(within: slack)
    score(pick(upTo: -least + scan.deviation, most: most + most / 2, of: scan))
    lane.ranked = RankedLists(count: keyCount, extent: scan.extent)
    keepNearest(max(most, ProbeReach.referenceCount))
    keep(atLeast: least, most: most)
  }

  /// The score of a list that is just so much more remote than the nearest ones.
  private func leastScore(within slack: Float) -> Float {
    let scale = Self.remotenessScale(lane.squaredLength, quantizer)
    let referenceCount = min(ProbeReach.referenceCount, keyCount)
    var sum: Float = 0
    for index in 0..<referenceCount {
      sum += Self.remoteness(score: score(at: index), scale, quantizer)
    }
    return Self.score(remoteness: sum / Float(referenceCount) + slack, scale, quantizer)
  }

  private mutating func keep(atLeast least: Float, most: Int) {
    keyCount = min(keyCount, most)
    while keyCount > 1, score(at: keyCount - 1) < least { keyCount -= 1 }
  }

  /// The lists of the smallest estimates.
  private func pick(_ count: Int, of scan: borrowing CentroidScan) -> UnsafeBufferPointer<UInt32> {
    let picked = Selection.smallest(
      count, of: scan.estimates, count: scan.count, slack: Self.overshoot, into: numbers)
    return lists(picked, of: scan)
  }

  /// The lists of estimates up to `limit`, of the smallest if they are more than `most`.
  private func pick(
    upTo limit: Float, most: Int, of scan: borrowing CentroidScan
  ) -> UnsafeBufferPointer<UInt32> {
    let limit = min(limit, CodeLayout.unreachable.nextDown)
    let picked = Selection.upTo(limit, of: scan.estimates, count: scan.count, into: numbers)
    if picked > most + Self.overshoot { return pick(most, of: scan) }
    return lists(picked, of: scan)
  }

  /// Makes lists of the first positions in ``numbers``. What was picked is not looked at again.
  private func lists(
    _ picked: Int, of scan: borrowing CentroidScan
  ) -> UnsafeBufferPointer<UInt32> {
    for index in 0..<picked {
      let position = Int(numbers[index])
      scan.estimates[position] = CodeLayout.unreachable
      numbers[index] = UInt32(scan.list(position))
    }
    return UnsafeBufferPointer(start: numbers, count: picked)
  }

  private mutating func scoreAll() {
    var count = 0
    for (number, list) in generation.lists.enumerated() where list.entryCount > 0 {
      numbers[count] = UInt32(number)
      count += 1
    }
    score(UnsafeBufferPointer(start: numbers, count: count))
  }

  /// Adds lists with their exact scores.
  private mutating func score(_ lists: UnsafeBufferPointer<UInt32>) {
    if lists.isEmpty { return }
    precondition(keyCount + lists.count <= keys.count, "a list was picked twice")
    let count = lists.count
    let scores = UnsafeMutableBufferPointer(
      start: lane.scratch.listScores.room(for: count), count: count)
    let rows = UnsafeMutableBufferPointer(
      start: lane.scratch.listRows.room(for: count), count: count)
    for (index, list) in lists.enumerated() { rows[index] = quantizer.centroids.row(Int(list)) }
    lane.withQuery { query in
      Kernels.score(
        quantizer.orderMetric, query: query, gathering: UnsafeBufferPointer(rows), into: scores)
    }
    for (index, list) in lists.enumerated() {
      keys[keyCount + index] = SortKey.make(ascending: -scores[index], list)
    }
    keyCount += lists.count
  }

  /// Puts what was scored in order, and drops all but the nearest `count`.
  private mutating func keepNearest(_ count: Int) {
    let kept = min(count, keyCount)
    SortKey.sortSmallest(kept, of: UnsafeMutableBufferPointer(rebasing: keys[..<keyCount]))
    keyCount = kept
  }

  private func list(at index: Int) -> Int { SortKey.position(keys[index]) }

  /// Higher is nearer.
  private func score(at index: Int) -> Float { -SortKey.value(keys[index]) }

  // MARK: Probes

  private func finish() {
    lane.probes.reserveCapacity(keyCount)
    for index in 0..<keyCount {
      lane.probes.append(probe(list(at: index), score: score(at: index)))
    }
  }

  private func probe(_ list: Int, score: Float) -> Probe {
    let centroid = quantizer.squaredLengths[list]
    let product =
      quantizer.ranksByProduct ? score : (lane.squaredLength + centroid + score) / 2
    let squaredDistance =
      quantizer.ranksByProduct
      ? max(0, lane.squaredLength + centroid - 2 * score) : max(0, -score)
    return Probe(
      list: Int32(list), offset: quantizer.metric == .squaredEuclid ? squaredDistance : -product,
      distance: squaredDistance.squareRoot())
  }
}

/// The lists that were scored for a query, whose keys are in the lane's memory: the nearest in
/// order, then the others.
struct RankedLists {
  let count: Int
  let extent: CentroidScan.Extent
}

/// A list to be looked at for one query.
struct Probe {
  let list: Int32
  /// What the centroid adds to every estimate in the list: `|q − c|²` or `−⟨q, c⟩`.
  let offset: Float
  /// `|q − c|`, which the error of estimates is proportional to.
  let distance: Float
}

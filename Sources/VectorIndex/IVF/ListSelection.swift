/// Chooses the lists that one query looks at. Used by one thread.
///
/// Estimates from the centroids' codes say which of them are scored exactly, and exact scores which
/// are taken, and in which order.
struct ListSelection {
  private let generation: IVFGeneration
  private let quantizer: CoarseQuantizer
  private let lane: SearchLane
  private let estimates: UnsafeMutablePointer<Float>
  private let numbers: UnsafeMutablePointer<UInt32>
  /// What was scored, as sort keys of its negated score and its number: the nearest come first.
  private let keys: UnsafeMutableBufferPointer<UInt64>
  private var keyCount = 0

  /// Positions that picking the smallest may find beyond what was asked for.
  private static let overshoot = 16
  /// Lists scored before anything is known.
  private static let firstCount = 24

  /// Puts the lists within `reach` of the lane's query into the lane, nearest first. Lists without
  /// an entry are as if they were not there.
  static func select(_ reach: ProbeReach, _ generation: IVFGeneration, for lane: SearchLane) {
    lane.probes.removeAll(keepingCapacity: true)
    let quantizer = generation.quantizer
    let count = quantizer.count - generation.emptyLists.count
    if count == 0 { return }
    let estimates = UnsafeMutablePointer<Float>.allocate(capacity: quantizer.estimateCount)
    let numbers = UnsafeMutablePointer<UInt32>.allocate(
      capacity: quantizer.estimateCount + overshoot)
    let keys = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: quantizer.count)
    defer {
      estimates.deallocate()
      numbers.deallocate()
      keys.deallocate()
    }
    var selection = ListSelection(
      generation: generation, quantizer: quantizer, lane: lane, estimates: estimates,
      numbers: numbers, keys: keys)
    let wanted = min(max(1, reach.probes), count)
    if let slack = reach.slack, wanted < count {
      selection.rank(within: slack, most: min(wanted * ProbeReach.spreadMax, count))
    } else {
      selection.rank(nearest: wanted)
    }
    selection.finish()
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
      _ = estimate()
      score(pick(candidates))
    }
    keepNearest(wanted)
  }

  /// The nearest lists tell how far the others may be, and the estimates which others may be near
  /// enough.
  private mutating func rank(within slack: Float, most: Int) {
    let scoresAll = quantizer.count - generation.emptyLists.count <= 2 * Self.firstCount
    var distanceToMean: Float = 0
    if scoresAll {
      scoreAll()
    } else {
      distanceToMean = estimate()
      score(pick(Self.firstCount))
    }
    keepNearest(keyCount)
    let scale = Self.remotenessScale(lane.squaredLength, quantizer)
    let referenceCount = min(ProbeReach.referenceCount, keyCount)
    var sum: Float = 0
    for index in 0..<referenceCount {
      sum += Self.remoteness(score: score(at: index), scale, quantizer)
    }
    let least = Self.score(remoteness: sum / Float(referenceCount) + slack, scale, quantizer)
    if !scoresAll {
      // What was scored is not looked at again.
      for index in 0..<keyCount { estimates[list(at: index)] = CodeLayout.unreachable }
      let margin = quantizer.estimateDeviation(distanceToMean: distanceToMean)
      score(pick(upTo: -least + margin, most: most + most / 2))
      keepNearest(most)
    }
    keyCount = min(keyCount, most)
    while keyCount > 1, score(at: keyCount - 1) < least { keyCount -= 1 }
  }

  /// Estimates all lists.
  ///
  /// - Returns: the query's distance to the mean of the centroids.
  private func estimate() -> Float {
    let (score, squaredLength) = quantizer.mean.withUnsafeBufferPointer { mean in
      lane.withQuery { query in
        (
          VectorMath.score(quantizer.orderMetric, query, mean),
          quantizer.ranksByProduct ? Float(VectorMath.squaredLength(mean)) : 0
        )
      }
    }
    quantizer.estimate(lane.table, meanDistance: -score, into: estimates)
    for list in generation.emptyLists { estimates[list] = .infinity }
    let squaredDistance =
      quantizer.ranksByProduct ? lane.squaredLength + squaredLength - 2 * score : -score
    return max(0, squaredDistance).squareRoot()
  }

  /// The lists of the smallest estimates.
  private func pick(_ count: Int) -> UnsafeBufferPointer<UInt32> {
    let picked = Selection.smallest(
      count, of: estimates, count: quantizer.estimateCount, slack: Self.overshoot,
      into: numbers)
    return UnsafeBufferPointer(start: numbers, count: picked)
  }

  /// The lists of estimates up to `limit`, of the smallest if they are more than `most`.
  private func pick(upTo limit: Float, most: Int) -> UnsafeBufferPointer<UInt32> {
    let limit = min(limit, CodeLayout.unreachable.nextDown)
    let picked = Selection.upTo(
      limit, of: estimates, count: quantizer.estimateCount, into: numbers)
    if picked > most + Self.overshoot { return pick(most) }
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
    let scores = UnsafeMutableBufferPointer<Float>.allocate(capacity: lists.count)
    let rows = UnsafeMutableBufferPointer<UnsafePointer<Float>>.allocate(capacity: lists.count)
    defer {
      scores.deallocate()
      rows.deallocate()
    }
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

/// A list to be looked at for one query.
struct Probe {
  let list: Int32
  /// What the centroid adds to every estimate in the list: `|q − c|²` or `−⟨q, c⟩`.
  let offset: Float
  /// `|q − c|`, which the error of estimates is proportional to.
  let distance: Float
}

/// The centroids of an index: as trained, rotated, and as codes for a quick first look.
///
/// Immutable; splitting or merging lists makes a new one.
///
/// SAFETY: `rotated` and `codes` are filled in `init`, never written again, and freed with their
/// owners in `deinit`.
final class CoarseQuantizer: @unchecked Sendable {
  let layout: CodeLayout
  let metric: Metric
  let rotation: Rotation
  /// `count × d`.
  let centroids: Centroids
  /// Whether lists are ranked by inner product: for vectors whose lengths differ. Vectors of one
  /// length are ranked by distance, as they were clustered.
  let ranksByProduct: Bool
  /// Squared length of each centroid.
  let squaredLengths: [Float]
  /// `count × D`: the rotated centroids.
  let rotated: UnsafeMutablePointer<Float>
  /// The centroids as entries of a list around their mean.
  private let codes: ListMemory
  private let codeBlocks: Int
  private let mean: [Float]

  var count: Int { centroids.count }

  init(
    centroids: Centroids, metric: Metric, ranksByProduct: Bool, layout: CodeLayout,
    rotation: Rotation
  ) {
    self.layout = layout
    self.metric = metric
    self.rotation = rotation
    self.centroids = centroids
    self.ranksByProduct = ranksByProduct
    let d = layout.dimension
    let count = centroids.count
    squaredLengths = (0..<count).map { number in
      let row = UnsafeBufferPointer(start: centroids.row(number), count: d)
      return Float(VectorMath.squaredLength(row))
    }
    mean = Self.mean(of: centroids, dimension: d)
    rotated = .allocate(capacity: count * layout.codeDimension)
    codeBlocks = CodeLayout.blocks(for: count)
    codes = ListMemory(byteCount: codeBlocks * layout.blockBytes)
    let rotatedMean = rotation.applied(to: mean)
    let blocks = codes.base.assumingMemoryBound(to: UInt8.self)
    let orderMetric: Metric = ranksByProduct ? .dot : .squaredEuclid
    for block in 0..<codeBlocks {
      CodeKernels.clear(block: blocks + block * layout.blockBytes, layout: layout)
    }
    for number in 0..<count {
      let row = rotated + number * layout.codeDimension
      rotation.apply(centroids.row(number), into: row)
      let (block, entry) = number.quotientAndRemainder(dividingBy: CodeLayout.entriesPerBlock)
      rotatedMean.withUnsafeBufferPointer { center in
        guard let center = center.baseAddress else { return }
        CodeKernels.encode(
          orderMetric, rotated: row, centroid: center, layout: layout,
          block: blocks + block * layout.blockBytes, entry: entry)
      }
    }
  }

  deinit { rotated.deallocate() }

  /// The rotated centroid of a list, `D` floats.
  func rotatedCentroid(_ list: Int) -> UnsafePointer<Float> {
    UnsafePointer(rotated + list * layout.codeDimension)
  }

  /// A centroid as trained, `d` floats, valid while the quantizer lives.
  func centroid(_ list: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: centroids.row(list), count: layout.dimension)
  }

  /// A quantizer with other centroids and everything else alike.
  func replacing(centroids: Centroids) -> CoarseQuantizer {
    CoarseQuantizer(
      centroids: centroids, metric: metric, ranksByProduct: ranksByProduct, layout: layout,
      rotation: rotation)
  }

  private static func mean(of centroids: Centroids, dimension: Int) -> [Float] {
    var sums = [Double](repeating: 0, count: dimension)
    for number in 0..<centroids.count {
      let row = centroids.row(number)
      for index in 0..<dimension { sums[index] += Double(row[index]) }
    }
    return sums.map { Float($0 / Double(max(1, centroids.count))) }
  }

  /// Bytes of the centroids in every form.
  var residentBytes: Int {
    centroids.residentBytes + count * (4 * layout.codeDimension + 4)
      + codeBlocks * layout.blockBytes
  }

  /// Puts the `probes` lists nearest to the lane's query into the lane, nearest first.
  ///
  /// Estimates from codes choose half as many again, exact distances decide among those.
  func select(_ probes: Int, for lane: SearchLane) {
    let wanted = min(max(1, probes), count)
    let candidateCount = wanted + wanted / 2 + 16
    if candidateCount * 4 >= count * 3 {
      let numbers = [UInt32](0..<UInt32(count))
      numbers.withUnsafeBufferPointer { rank($0, keeping: wanted, for: lane) }
      return
    }
    let slack = 16
    let width = codeBlocks * CodeLayout.entriesPerBlock
    let estimates = UnsafeMutablePointer<Float>.allocate(capacity: width)
    let numbers = UnsafeMutablePointer<UInt32>.allocate(capacity: candidateCount + slack)
    defer {
      estimates.deallocate()
      numbers.deallocate()
    }
    let center = mean.withUnsafeBufferPointer { mean in
      lane.withQuery { query in VectorMath.score(orderMetric, query, mean) }
    }
    CodeKernels.estimate(
      blocks: codes.base.assumingMemoryBound(to: UInt8.self), count: codeBlocks,
      table: lane.table, distance: -center, into: estimates)
    let candidates = Selection.smallest(
      candidateCount, of: estimates, count: width, slack: slack, into: numbers)
    rank(UnsafeBufferPointer(start: numbers, count: candidates), keeping: wanted, for: lane)
  }

  private var orderMetric: Metric { ranksByProduct ? .dot : .squaredEuclid }

  private func rank(
    _ numbers: UnsafeBufferPointer<UInt32>, keeping wanted: Int, for lane: SearchLane
  ) {
    let candidates = numbers.count
    let keys = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: candidates)
    let scores = UnsafeMutableBufferPointer<Float>.allocate(capacity: candidates)
    let rows = UnsafeMutableBufferPointer<UnsafePointer<Float>>.allocate(capacity: candidates)
    defer {
      keys.deallocate()
      scores.deallocate()
      rows.deallocate()
    }
    for index in 0..<candidates { rows[index] = centroids.row(Int(numbers[index])) }
    lane.withQuery { query in
      Kernels.score(
        orderMetric, query: query, gathering: UnsafeBufferPointer(rows), into: scores)
    }
    for index in 0..<candidates {
      keys[index] = SortKey.make(ascending: -scores[index], UInt32(index))
    }
    SortKey.sortSmallest(wanted, of: keys)
    lane.probes.removeAll(keepingCapacity: true)
    for index in 0..<wanted {
      let position = SortKey.value(keys[index])
      lane.probes.append(
        probe(Int(numbers[position]), score: scores[position], query: lane.squaredLength))
    }
  }

  /// - Parameter score: of the centroid, higher is better.
  private func probe(_ list: Int, score: Float, query squaredLength: Float) -> Probe {
    let centroid = squaredLengths[list]
    let product =
      ranksByProduct ? score : (squaredLength + centroid + score) / 2
    let squaredDistance =
      ranksByProduct ? max(0, squaredLength + centroid - 2 * score) : max(0, -score)
    return Probe(
      list: Int32(list), offset: metric == .dot ? -product : squaredDistance,
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

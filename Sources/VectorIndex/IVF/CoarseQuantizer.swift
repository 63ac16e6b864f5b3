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
  /// Of the centroids, `d` floats.
  let mean: [Float]
  /// Mean of `|B|` over the centroids' codes.
  private let meanSlope: Float

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
    var slopes = 0.0
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
      slopes += Double(abs(layout.slope(of: entry, in: blocks + block * layout.blockBytes)))
    }
    meanSlope = Float(slopes / Double(max(1, count)))
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

  /// What lists are ranked by.
  var orderMetric: Metric { ranksByProduct ? .dot : .squaredEuclid }

  /// How far the estimate of a centroid is usually off, for a query of so much distance to
  /// ``mean``: one standard deviation.
  func estimateDeviation(distanceToMean: Float) -> Float {
    ErrorBounds.deviation * meanSlope * distanceToMean
  }

  /// Estimates the distance of every centroid from a query, in terms of ``orderMetric`` and lower
  /// is nearer. What stands for no centroid is infinitely far.
  ///
  /// - Parameters:
  ///   - meanDistance: that of ``mean`` from the query, in the same terms.
  ///   - distances: room for ``estimateCount`` floats.
  func estimate(
    _ table: CodeTable, meanDistance: Float, into distances: UnsafeMutablePointer<Float>
  ) {
    CodeKernels.estimate(
      blocks: codes.base.assumingMemoryBound(to: UInt8.self), count: codeBlocks, table: table,
      distance: meanDistance, into: distances)
    // A query may be so long that even these seem near.
    for padding in count..<estimateCount { distances[padding] = .infinity }
  }

  /// Centroids, rounded up to whole blocks.
  var estimateCount: Int { codeBlocks * CodeLayout.entriesPerBlock }
}

/// The centroids of an index: as trained, rotated, and as codes for a quick first look.
///
/// Immutable; splitting or merging lists makes a new one.
///
/// SAFETY: `rotated` is filled in `init`, never written again, and freed in `deinit`.
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
  /// The centroids around their mean.
  let codes: CentroidCodes
  /// Of the centroids, `d` floats.
  let mean: [Float]
  /// The centroids in groups, if they are many.
  let groups: CentroidGroups?
  /// The centroids of every group around its middle.
  let groupCodes: [CentroidCodes]
  /// Estimates of all groups together.
  let groupEstimateCount: Int

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
    rotated = .allocate(capacity: count * layout.codeDimension)
    var addresses: [UnsafePointer<Float>] = []
    for number in 0..<count {
      let row = rotated + number * layout.codeDimension
      rotation.apply(centroids.row(number), into: row)
      addresses.append(UnsafePointer(row))
    }
    let orderMetric: Metric = ranksByProduct ? .dot : .squaredEuclid
    let mean = Self.mean(of: centroids, dimension: d)
    let codes = { (rows: [UnsafePointer<Float>], center: [Float]) in
      CentroidCodes(
        rows, around: rotation.applied(to: center), metric: orderMetric, layout: layout)
    }
    self.mean = mean
    self.codes = codes(addresses, mean)
    let groups = CentroidGroups(centroids)
    self.groups = groups
    groupCodes =
      groups?.members.enumerated().map { group, members in
        let center = UnsafeBufferPointer(start: groups?.centers.row(group), count: d)
        return codes(members.map { addresses[Int($0)] }, Array(center))
      } ?? []
    groupEstimateCount = groupCodes.reduce(0) { $0 + $1.estimateCount }
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
    centroids.residentBytes + count * (4 * layout.codeDimension + 4) + codes.residentBytes
      + (groups?.residentBytes ?? 0) + groupCodes.reduce(0) { $0 + $1.residentBytes }
  }

  /// What lists are ranked by.
  var orderMetric: Metric { ranksByProduct ? .dot : .squaredEuclid }
}

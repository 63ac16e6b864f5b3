/// Makes centroids and segments of a ``MultiIndex``. Used by one thread.
struct MultiIndexBuild {
  let metric: Metric
  let column: MultiColumnView
  let visibility: VisibilityView

  /// Vectors compared with the centroids at once.
  private static let batch = 2_048
  /// Centroids for √n vectors: they have to tell vectors apart without any help.
  private static let centroidsOfRoot = 6.0
  private static let centroidsMax = 16_384
  private static let seed: UInt64 = 0x7041

  /// How many vectors the visible rows of `range` have.
  func vectorCount(in range: Range<UInt32>) -> Int {
    var count = 0
    visibility.forEachVisible(in: range) { count += column.vectorCount($0) }
    return count
  }

  /// Centroids of a sample of the vectors that the visible rows of `range` have.
  ///
  /// - Returns: `nil` if there is none, or after `shouldStop` returned true.
  func centroids(
    _ range: Range<UInt32>, vectorCount: Int, shouldStop: () -> Bool
  ) -> Centroids? {
    let wanted = Int((Self.centroidsOfRoot * Double(vectorCount).squareRoot()).rounded(.up))
    let means = KMeans(clusters: max(1, min(wanted, Self.centroidsMax)), seed: Self.seed)
    let sample = DenseColumn(dimension: column.dimension)
    var random = SplitMix64(seed: Self.seed)
    var left = vectorCount
    var missing = min(vectorCount, means.clusters * means.rowsPerCluster)
    var sampled: UInt32 = 0
    let isWhole = forEachRow(range, shouldStop) { _, vectors in
      for start in stride(from: 0, to: vectors.count, by: column.dimension) {
        // Each of what is left is as likely as any other.
        if random.below(left) < missing {
          sample.write(
            UnsafeBufferPointer(rebasing: vectors[start..<start + column.dimension]), at: sampled)
          sampled += 1
          missing -= 1
        }
        left -= 1
      }
    }
    guard isWhole, sampled > 0 else { return nil }
    return means.train(
      on: Array(0..<sampled), rows: sample.view(), metric: .squaredEuclid,
      shouldContinue: { _ in !shouldStop() })
  }

  /// The visible rows of `range` by the centroids that their vectors are nearest to.
  ///
  /// - Returns: `nil` after `shouldStop` returned true.
  func segment(
    _ range: Range<UInt32>, _ centroids: Centroids, shouldStop: () -> Bool
  ) -> MultiSegment? {
    let comparison = CentroidComparison(centroids, groups: CentroidGroups(centroids))
    let dimension = column.dimension
    var owners: [(row: UInt32, vectors: Int)] = []
    var nearest: [UInt32] = []
    var waiting: [Float] = []
    let assign = {
      let first = nearest.count
      nearest.append(contentsOf: repeatElement(0, count: waiting.count / dimension))
      waiting.withUnsafeBufferPointer { floats in
        guard let start = floats.baseAddress else { return }
        let rows = stride(from: 0, to: floats.count, by: dimension).map { start + $0 }
        rows.withUnsafeBufferPointer { rows in
          comparison.forEach(rows) { row, scores in
            let position = Selection.smallest(of: scores.values, count: scores.count)
            nearest[first + row] = UInt32(scores.centroid(position))
          }
        }
      }
      waiting.removeAll(keepingCapacity: true)
    }
    let isWhole = forEachRow(range, shouldStop) { row, vectors in
      owners.append((row, vectors.count / dimension))
      waiting.append(contentsOf: vectors)
      if waiting.count >= Self.batch * dimension { assign() }
    }
    guard isWhole else { return nil }
    assign()
    return MultiSegment(
      range: range, centroidCount: centroids.count, owners: owners, nearest: nearest)
  }

  /// Calls `body` with each visible row that has vectors, and these as they are compared.
  ///
  /// - Returns: whether it was called for all.
  private func forEachRow(
    _ range: Range<UInt32>, _ shouldStop: () -> Bool,
    _ body: (UInt32, UnsafeBufferPointer<Float>) -> Void
  ) -> Bool {
    var floats: [Float] = []
    var isWhole = true
    visibility.forEachVisible(in: range) { row in
      guard isWhole, let entry = column.entry(of: row), let vectors = entry.vectors else { return }
      if shouldStop() {
        isWhole = false
        return
      }
      let count = entry.count * column.dimension
      if floats.count < count { floats = [Float](repeating: 0, count: count) }
      floats.withUnsafeMutableBufferPointer { room in
        let room = UnsafeMutableBufferPointer(rebasing: room[..<count])
        column.codec.decode(vectors, into: room)
        if metric == .cosine {
          for start in stride(from: 0, to: count, by: column.dimension) {
            VectorMath.normalize(
              UnsafeMutableBufferPointer(rebasing: room[start..<start + column.dimension]))
          }
        }
        body(row, UnsafeBufferPointer(room))
      }
    }
    return isWhole
  }
}

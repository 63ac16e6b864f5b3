/// Lloyd's algorithm on a sample of rows: centroids near which the rows lie.
///
/// Deterministic for a seed and a kernel variant.
struct KMeans {
  let clusters: Int
  let seed: UInt64
  var iterations = 5
  /// Rows of the sample for each cluster.
  var rowsPerCluster = 24
  /// Who helps; `nil` for nobody.
  var help: (any BuildHelp)?

  /// Rows read and compared at once, and that many where centroids are grouped: those of one group
  /// are compared together.
  private static let batch = 48
  private static let groupedBatch = 2_048

  init(clusters: Int, seed: UInt64) {
    precondition(clusters > 0, "no cluster")
    self.clusters = clusters
    self.seed = seed
  }

  /// Trains on the rows at `offsets`, all of which are present. `shouldContinue` is called every
  /// few milliseconds with the share that is done.
  ///
  /// - Returns: at most ``clusters`` centroids, fewer when there are fewer different rows; `nil`
  ///   after `shouldContinue` returned false, and for no rows.
  func train(
    on offsets: [UInt32], rows: DenseColumnView, metric: Metric,
    shouldContinue: (Double) -> Bool
  ) -> Centroids? {
    let reader = RowReader(rows, metric: metric, batch: 1)
    var random = SplitMix64(seed: seed)
    let sample = draw(min(offsets.count, rowsPerCluster * clusters), of: offsets, &random)
    guard var centroids = start(sample, reader) else { return nil }
    let state = State(rowCount: sample.count)
    for iteration in 0..<iterations {
      let done = { (share: Double) in
        shouldContinue((Double(iteration) + share) / Double(iterations))
      }
      guard assign(sample, rows, metric, centroids, state, done) else { return nil }
      centroids = update(sample, reader, centroids, state)
    }
    return centroids
  }

  private struct State: Sendable {
    let cluster: PartResults<Int32>
    /// What the assigned centroid scored, less is nearer; see ``Centroids/compare(_:into:using:)``.
    let score: PartResults<Float>

    init(rowCount: Int) {
      cluster = PartResults(repeating: 0, count: rowCount)
      score = PartResults(repeating: 0, count: rowCount)
    }
  }

  /// A random sample in random order.
  private func draw(
    _ count: Int, of offsets: [UInt32], _ random: inout SplitMix64
  ) -> [UInt32] {
    var pool = offsets
    for index in 0..<count {
      pool.swapAt(index, index + random.below(pool.count - index))
    }
    return Array(pool.prefix(count))
  }

  /// The first rows of the sample that differ from one another, up to the number of clusters.
  private func start(_ sample: [UInt32], _ reader: RowReader) -> Centroids? {
    var chosen: [UInt32] = []
    var seen: Set<[Float]> = []
    for offset in sample where chosen.count < clusters {
      guard let row = reader.withRow(offset, { Array($0) }) else { continue }
      if seen.insert(row).inserted { chosen.append(offset) }
    }
    if chosen.isEmpty { return nil }
    let dimension = reader.dimension
    return Centroids(dimension: dimension, count: chosen.count) { out in
      for (number, offset) in chosen.enumerated() {
        guard let row = reader.row(offset) else { continue }
        (out + number * dimension).update(from: row, count: dimension)
      }
    }
  }

  private func assign(
    _ sample: [UInt32], _ rows: DenseColumnView, _ metric: Metric, _ centroids: Centroids,
    _ state: State, _ shouldContinue: (Double) -> Bool
  ) -> Bool {
    let groups = CentroidGroups(centroids)
    let batch = groups == nil ? Self.batch : Self.groupedBatch
    do throws(BuildInterrupted) {
      try BuildLoop.run(
        (sample.count + batch - 1) / batch, with: help, shouldContinue: shouldContinue
      ) {
        let reader = RowReader(rows, metric: metric, batch: batch)
        let comparison = CentroidComparison(centroids, groups: groups)
        return { part, _ in
          let start = part * batch
          let end = min(sample.count, start + batch)
          comparison.forEach(reader.rows(sample[start..<end])) { row, scores in
            let nearest = Selection.smallest(of: scores.values, count: scores.count)
            state.cluster[start + row] = Int32(scores.centroid(nearest))
            state.score[start + row] = scores.values[nearest]
          }
          return true
        }
      }
    } catch {
      return false
    }
    return true
  }

  /// The means of the clusters. A cluster without rows takes the place of the row that is worst
  /// off in the largest cluster.
  private func update(
    _ sample: [UInt32], _ reader: RowReader, _ centroids: Centroids, _ state: State
  ) -> Centroids {
    let dimension = centroids.dimension
    let count = centroids.count
    var sizes = [Int](repeating: 0, count: count)
    for cluster in state.cluster.elements { sizes[Int(cluster)] += 1 }
    let sums = UnsafeMutablePointer<Float>.allocate(capacity: count * dimension)
    defer { sums.deallocate() }
    sums.update(repeating: 0, count: count * dimension)
    for (place, offset) in sample.enumerated() {
      guard let row = reader.row(offset) else { continue }
      let sum = sums + Int(state.cluster[place]) * dimension
      for index in 0..<dimension { sum[index] += row[index] }
    }
    let replacements = replacements(for: sizes, sample, state)
    return Centroids(dimension: dimension, count: count) { out in
      for number in 0..<count {
        let row = out + number * dimension
        if sizes[number] > 0 {
          let factor = 1 / Float(sizes[number])
          for index in 0..<dimension { row[index] = sums[number * dimension + index] * factor }
        } else {
          let replacement = replacements[number].flatMap { reader.row($0) }
          row.update(from: replacement ?? centroids.row(number), count: dimension)
        }
      }
    }
  }

  private func replacements(
    for sizes: [Int], _ sample: [UInt32], _ state: State
  ) -> [Int: UInt32] {
    let empty = sizes.indices.filter { sizes[$0] == 0 }
    if empty.isEmpty { return [:] }
    let largest = sizes.indices.sorted { (sizes[$1], $0) < (sizes[$0], $1) }
    var result: [Int: UInt32] = [:]
    for (number, donor) in zip(empty, largest) where sizes[donor] > 1 {
      var worst: Int?
      for row in sample.indices where state.cluster[row] == Int32(donor) {
        if worst.map({ state.score[row] > state.score[$0] }) ?? true { worst = row }
      }
      if let worst { result[number] = sample[worst] }
    }
    return result
  }
}

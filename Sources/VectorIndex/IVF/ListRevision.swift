/// Changes to the lists of a generation: rewritten, split, merged. Makes the next generation.
struct ListRevision {
  private let generation: IVFGeneration
  private let parameters: IVFParameters
  private let rows: DenseColumnView
  private let visibility: VisibilityView
  private var lists: [InvertedList]
  private var rewritten: Set<Int> = []
  private var split: [Int: Centroids] = [:]
  private var merged: Set<Int> = []

  /// Lists around one that is split in which rows are looked for that are nearer to its halves.
  private static let around = 64

  init(
    _ generation: IVFGeneration, parameters: IVFParameters, rows: DenseColumnView,
    visibility: VisibilityView
  ) {
    self.generation = generation
    self.parameters = parameters
    self.rows = rows
    self.visibility = visibility
    self.lists = generation.lists
  }

  /// Leaves out the dead entries of a list.
  mutating func rewrite(_ list: Int) {
    rewritten.insert(list)
  }

  /// Makes two lists of one. A list of equal vectors can't be split; it is rewritten.
  mutating func split(_ list: Int) {
    let training = KMeans(clusters: 2, seed: parameters.seed &+ UInt64(list))
    guard
      let halves = training.train(
        on: liveRows(of: list), rows: rows, metric: generation.quantizer.metric,
        shouldContinue: { _ in true }), halves.count == 2
    else {
      rewritten.insert(list)
      return
    }
    split[list] = halves
  }

  /// Gives the entries of a list to the lists nearest to them.
  mutating func merge(_ list: Int) {
    if merged.count + 1 < lists.count { merged.insert(list) }
  }

  /// Lists that will be gone.
  var mergedCount: Int { merged.count }

  /// What is published next.
  func finish() -> IVFGeneration {
    let quantizer = nextQuantizer()
    var resettlement = Resettlement(
      quantizer, assignsTwice: parameters.assignsTwice, rows: rows, visibility: visibility)
    var next: [InvertedList] = []
    var seconds: [Int] = []
    /// Old numbers of lists that stay, and their new ones.
    var stayed: [(old: Int, new: Int)] = []
    for number in lists.indices {
      if merged.contains(number) {
        resettlement.unsettle(liveRows(of: number))
      } else if split[number] != nil {
        // The first half keeps the place, the second goes to the end.
        resettlement.unsettle(liveRows(of: number))
        resettlement.begin(next.count)
        seconds.append(quantizer.count - split.count + seconds.count)
        next.append(InvertedList())
      } else {
        if rewritten.contains(number) { resettlement.rewrite(next.count) }
        stayed.append((number, next.count))
        next.append(lists[number])
      }
    }
    for second in seconds {
      resettlement.begin(second)
      next.append(InvertedList())
    }
    let around = listsAroundSplit()
    resettlement.invite(
      stayed.filter { around.contains($0.old) }.map(\.new), in: next)
    resettlement.finish(&next)
    return IVFGeneration(
      quantizer: quantizer, lists: next, coveredRows: generation.coveredRows,
      calibration: generation.calibration, strays: generation.strays)
  }

  // MARK: Parts

  private func liveRows(of list: Int) -> [UInt32] {
    var live: [UInt32] = []
    lists[list].forEachRow { row in
      if visibility.isVisible(row), rows.contains(row) { live.append(row) }
    }
    return live
  }

  private func nextQuantizer() -> CoarseQuantizer {
    if split.isEmpty, merged.isEmpty { return generation.quantizer }
    let old = generation.quantizer.centroids
    var firsts: [UnsafePointer<Float>] = []
    var seconds: [UnsafePointer<Float>] = []
    for number in lists.indices where !merged.contains(number) {
      firsts.append(split[number]?.row(0) ?? old.row(number))
      if let halves = split[number] { seconds.append(halves.row(1)) }
    }
    return withExtendedLifetime(split) {
      generation.quantizer.replacing(
        centroids: Centroids(dimension: rows.dimension, gathering: firsts + seconds))
    }
  }

  /// The lists nearest to those that are split.
  private func listsAroundSplit() -> Set<Int> {
    let wanted = min(Self.around, generation.quantizer.count)
    if split.isEmpty || wanted == 0 { return [] }
    let centroids = generation.quantizer.centroids
    let old = split.keys.sorted().map { centroids.row($0) }
    let slack = 16
    var found: Set<Int> = []
    withUnsafeTemporaryAllocation(of: Float.self, capacity: old.count * centroids.width) { values in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: wanted + slack) { picked in
        guard let values = values.baseAddress, let picked = picked.baseAddress else { return }
        old.withUnsafeBufferPointer { centroids.compare($0, into: values) }
        for row in old.indices {
          let count = Selection.smallest(
            wanted, of: values + row * centroids.width, count: centroids.width, slack: slack,
            into: picked)
          for index in 0..<count { found.insert(Int(picked[index])) }
        }
      }
    }
    return found
  }
}

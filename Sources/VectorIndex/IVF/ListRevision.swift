/// Changes to the lists of a generation: rewritten, split, merged. Makes the next generation.
struct ListRevision {
  private let generation: IVFGeneration
  private let parameters: IVFParameters
  private let rows: DenseColumnView
  private let reader: RowReader
  private let visibility: VisibilityView
  private var lists: [InvertedList]
  private var rewritten: Set<Int> = []
  private var split: [Int: [[Float]]] = [:]
  private var merged: Set<Int> = []

  init(
    _ generation: IVFGeneration, parameters: IVFParameters, rows: DenseColumnView,
    visibility: VisibilityView
  ) {
    self.generation = generation
    self.parameters = parameters
    self.rows = rows
    self.reader = RowReader(rows, metric: generation.quantizer.metric, batch: 1)
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
    split[list] = (0..<2).map { half in
      Array(UnsafeBufferPointer(start: halves.row(half), count: rows.dimension))
    }
  }

  /// Gives the entries of a list to the lists nearest to them.
  mutating func merge(_ list: Int) {
    if merged.count + 1 < lists.count { merged.insert(list) }
  }

  /// What is published next.
  func finish() -> IVFGeneration {
    let quantizer = nextQuantizer()
    let encoder = RowEncoder(quantizer, assignsTwice: parameters.assignsTwice)
    var next: [InvertedList] = []
    var seconds: [InvertedList] = []
    var homeless: [UInt32] = []
    var halves: [Int: [UInt32]] = [:]
    for number in lists.indices {
      if merged.contains(number) {
        homeless += liveRows(of: number)
      } else if split[number] != nil {
        // The first half keeps the place, the second goes to the end.
        homeless += liveRows(of: number)
        halves[next.count] = []
        halves[quantizer.count - split.count + seconds.count] = []
        next.append(InvertedList())
        seconds.append(InvertedList())
      } else if rewritten.contains(number) {
        next.append(list(of: liveRows(of: number), number: next.count, encoder))
      } else {
        next.append(lists[number])
      }
    }
    next += seconds
    resettle(homeless, in: &next, &halves, quantizer, encoder)
    for (number, offsets) in halves {
      next[number] = list(of: offsets, number: number, encoder)
    }
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
    var firsts: [[Float]] = []
    var seconds: [[Float]] = []
    for number in lists.indices where !merged.contains(number) {
      if let halves = split[number] {
        firsts.append(halves[0])
        seconds.append(halves[1])
      } else {
        firsts.append(
          Array(UnsafeBufferPointer(start: old.row(number), count: rows.dimension)))
      }
    }
    return generation.quantizer.replacing(
      centroids: Centroids(dimension: rows.dimension, rows: firsts + seconds))
  }

  private func list(of offsets: [UInt32], number: Int, _ encoder: RowEncoder) -> InvertedList {
    let layout = generation.quantizer.layout
    guard !offsets.isEmpty,
      let run = ListAllocation.runs(for: [offsets.count], layout: layout)[0]
    else { return InvertedList() }
    for (index, offset) in offsets.enumerated() {
      guard let row = reader.row(offset) else { continue }
      encoder.rotate(row)
      encoder.write(list: UInt32(number), row: offset, into: run, at: index)
    }
    return InvertedList(runs: [run], entryCount: offsets.count)
  }

  /// Enters rows of lists that are gone, or were split, where they belong now, unless their other
  /// entry is there: new lists are the nearest ones also to rows that had been entered in a list
  /// far away, for want of another. What belongs to `halves`, which are empty, is gathered there.
  private func resettle(
    _ offsets: [UInt32], in next: inout [InvertedList], _ halves: inout [Int: [UInt32]],
    _ quantizer: CoarseQuantizer, _ encoder: RowEncoder
  ) {
    let layout = quantizer.layout
    var settled = halves.mapValues { _ in Set<UInt32>() }
    for offset in offsets {
      withExtendedLifetime(reader) {
        guard reader.row(offset) != nil else { return }
        let row = reader.rows([offset])
        encoder.assign(row)
        for list in [encoder.primary[0], encoder.secondary[0]] where list != CodeLayout.noRow {
          if settled[Int(list)] != nil {
            if settled[Int(list)]?.insert(offset).inserted == false { continue }
            halves[Int(list)]?.append(offset)
            return
          }
          var isThere = false
          next[Int(list)].forEachRow { if $0 == offset { isThere = true } }
          if isThere { continue }
          encoder.rotate(row[0])
          var appender = ListAppender(next[Int(list)], layout: layout)
          appender.append(offset) { block, entry in
            encoder.write(list: list, into: block, entry: entry)
          }
          next[Int(list)] = appender.finish()
          return
        }
      }
    }
  }
}

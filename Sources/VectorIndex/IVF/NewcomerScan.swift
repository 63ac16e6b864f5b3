/// Finds the rows of lists that new centroids may be nearer to than the list's own, by the codes of
/// the lists: no vector is looked at. Used by one thread.
final class NewcomerScan {
  private let quantizer: CoarseQuantizer
  private let newcomers: [Int]
  private let tables: [CodeTable]
  private let ownTable: UnsafeMutablePointer<UInt8>
  private let memory: UnsafeMutablePointer<UInt8>
  private var own: [Float] = []
  private var other: [Float] = []

  /// - Parameter newcomers: the numbers of the centroids of `quantizer` that are new.
  init(_ quantizer: CoarseQuantizer, newcomers: [Int]) {
    let layout = quantizer.layout
    let memory = UnsafeMutablePointer<UInt8>.allocate(
      capacity: (newcomers.count + 1) * layout.tableBytes)
    self.quantizer = quantizer
    self.newcomers = newcomers
    self.memory = memory
    tables = newcomers.enumerated().map { index, number in
      CodeTable(
        rotated: quantizer.rotatedCentroid(number), layout: layout,
        in: memory + index * layout.tableBytes)
    }
    ownTable = memory + newcomers.count * layout.tableBytes
  }

  deinit { memory.deallocate() }

  /// The rows of `list`, whose centroid is number `number` of the quantizer, that are nearer to one
  /// of the newcomers as far as codes tell.
  func rows(of list: InvertedList, number: Int) -> [UInt32] {
    let table = CodeTable(
      rotated: quantizer.rotatedCentroid(number), layout: quantizer.layout, in: ownTable)
    var found: [UInt32] = []
    for part in list.parts {
      let count = part.count * CodeLayout.entriesPerBlock
      if own.count < count {
        own = [Float](repeating: 0, count: count)
        other = own
      }
      estimate(part, table, centroid: number, from: number, into: &own)
      var isNearer = [Bool](repeating: false, count: count)
      for (newcomer, table) in zip(newcomers, tables) {
        estimate(part, table, centroid: newcomer, from: number, into: &other)
        for entry in 0..<count where other[entry] < own[entry] { isNearer[entry] = true }
      }
      for entry in 0..<count where isNearer[entry] && part.rows[entry] != CodeLayout.noRow {
        found.append(part.rows[entry])
      }
    }
    return found
  }

  /// Estimates how far entries of a list are from a centroid, as far as an assignment compares it.
  private func estimate(
    _ part: ListRun, _ table: CodeTable, centroid: Int, from list: Int, into out: inout [Float]
  ) {
    let metric: Metric = quantizer.metric == .squaredEuclid ? .squaredEuclid : .dot
    let distance = -VectorMath.score(
      metric, quantizer.centroid(centroid), quantizer.centroid(list))
    out.withUnsafeMutableBufferPointer { out in
      guard let first = out.baseAddress else { return }
      CodeKernels.estimate(
        blocks: part.blocks, count: part.count, table: table, distance: distance, into: first)
      if metric == .squaredEuclid { return }
      let half = quantizer.squaredLengths[centroid] / 2
      for entry in 0..<part.count * CodeLayout.entriesPerBlock { first[entry] += half }
    }
  }
}

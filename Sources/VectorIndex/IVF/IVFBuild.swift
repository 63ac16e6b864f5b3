import Glibc

extension IVFFlatIndex {
  /// Trains centroids on a sample of the visible rows and enters all of them. Takes seconds to
  /// minutes; blocking.
  ///
  /// - Parameters:
  ///   - help: who does a part of the work, of which the same comes without; `nil` for nobody.
  ///   - shouldContinue: called every few milliseconds with the share that is done, 0…1.
  /// - Throws: ``BuildInterrupted`` after `shouldContinue` returned false.
  public static func build(
    metric: Metric, parameters: IVFParameters, rows: DenseColumnView, visibility: VisibilityView,
    help: (any BuildHelp)? = nil, shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) -> IVFFlatIndex {
    precondition(metric != .manhattan, "lists estimate inner products and Euclidean distances")
    let build = IVFBuild(
      metric: metric, parameters: parameters, rows: rows, visibility: visibility, help: help)
    let generation = try build.run(shouldContinue)
    return IVFFlatIndex(
      metric: metric, dimension: rows.dimension, parameters: parameters,
      trainedRows: build.offsets.count, generation: generation)
  }
}

/// The making of a new index from all rows that are visible.
struct IVFBuild {
  let metric: Metric
  let parameters: IVFParameters
  let rows: DenseColumnView
  let visibility: VisibilityView
  /// The rows that exist and can be entered in lists, ascending.
  let offsets: [UInt32]
  /// The others, ascending.
  private let strays: [UInt32]
  private let reader: RowReader
  private let help: (any BuildHelp)?

  /// Shares of the whole that are done at the end of each part.
  private enum Share {
    static let training = 0.55
    static let assignment = 0.8
    static let encoding = 0.95
  }

  init(
    metric: Metric, parameters: IVFParameters, rows: DenseColumnView, visibility: VisibilityView,
    help: (any BuildHelp)? = nil
  ) {
    self.help = help
    self.metric = metric
    self.parameters = parameters
    self.rows = rows
    self.visibility = visibility
    let reader = RowReader(rows, metric: metric, batch: 1)
    let layout = CodeLayout(dimension: rows.dimension)
    var offsets: [UInt32] = []
    var strays: [UInt32] = []
    visibility.forEachVisible { offset in
      guard let row = reader.row(offset) else { return }
      if layout.canEstimate(row) { offsets.append(offset) } else { strays.append(offset) }
    }
    self.offsets = offsets
    self.strays = strays
    self.reader = reader
  }

  func run(_ shouldContinue: (Double) -> Bool) throws(BuildInterrupted) -> IVFGeneration {
    let quantizer = try train(shouldContinue)
    let entries = Entries(rowCount: offsets.count)
    try assign(quantizer, entries, shouldContinue)
    let lists = try encode(quantizer, entries, shouldContinue)
    let uncalibrated = IVFGeneration(
      quantizer: quantizer, lists: lists, coveredRows: visibility.committedRowCount(),
      calibration: Calibration(), strays: strays)
    let measurement = CalibrationMeasurement(
      metric: metric, rows: rows, visibility: visibility, seed: parameters.seed, help: help)
    let calibration = try measurement.run(uncalibrated, among: offsets) { share in
      shouldContinue(Share.encoding + share * (1 - Share.encoding))
    }
    return IVFGeneration(
      quantizer: quantizer, lists: lists, coveredRows: visibility.committedRowCount(),
      calibration: calibration, strays: strays)
  }

  // MARK: Parts

  private func train(
    _ shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) -> CoarseQuantizer {
    let layout = CodeLayout(dimension: rows.dimension)
    // Without a row to train with, there is one list, for those that may come.
    if offsets.isEmpty {
      let origin = [Float](repeating: 0, count: rows.dimension)
      return CoarseQuantizer(
        centroids: Centroids(dimension: rows.dimension, rows: [origin]), metric: metric,
        ranksByProduct: false, layout: layout,
        rotation: Rotation(dimension: rows.dimension, seed: parameters.seed))
    }
    let listCount = parameters.listCount ?? Self.listCount(forRows: offsets.count)
    var training = KMeans(clusters: max(1, min(listCount, offsets.count)), seed: parameters.seed)
    training.help = help
    guard
      let centroids = training.train(
        on: offsets, rows: rows, metric: metric,
        shouldContinue: { shouldContinue($0 * Share.training) })
    else { throw BuildInterrupted() }
    return CoarseQuantizer(
      centroids: centroids, metric: metric,
      ranksByProduct: metric == .dot && lengthsDiffer(), layout: layout,
      rotation: Rotation(dimension: rows.dimension, seed: parameters.seed))
  }

  /// Lists for so many rows: `4·√N`, each of them with a few rows at least; `8·√N` where there are
  /// so many that their centroids are grouped.
  static func listCount(forRows count: Int) -> Int {
    let factor = count < manyRows ? 4.0 : 8.0
    let lists = factor * Double(count).squareRoot()
    return max(1, min(Int(lists), count / 8))
  }

  private static let manyRows = 1 << 18

  /// Whether the lengths of vectors vary by more than a few percent.
  private func lengthsDiffer() -> Bool {
    let step = max(1, offsets.count / 1000)
    var count = 0.0
    var sum = 0.0
    var squares = 0.0
    for index in stride(from: 0, to: offsets.count, by: step) {
      let length =
        reader.withRow(offsets[index]) { VectorMath.squaredLength($0).squareRoot() } ?? 0
      count += 1
      sum += length
      squares += length * length
    }
    guard count > 0, sum > 0 else { return false }
    let mean = sum / count
    return max(0, squares / count - mean * mean).squareRoot() > 0.05 * mean
  }

  /// The lists of each row, as ``offsets`` has them.
  private struct Entries: Sendable {
    let primary: PartResults<UInt32>
    /// ``CodeLayout/noRow`` where there is no second one.
    let secondary: PartResults<UInt32>

    init(rowCount: Int) {
      primary = PartResults(repeating: 0, count: rowCount)
      secondary = PartResults(repeating: CodeLayout.noRow, count: rowCount)
    }
  }

  private func assign(
    _ quantizer: CoarseQuantizer, _ entries: Entries, _ shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) {
    let (offsets, rows, metric, assignsTwice) = (offsets, rows, metric, parameters.assignsTwice)
    let batch = RowEncoder.batch(for: quantizer)
    let goesOn = { (done: Double) in
      shouldContinue(Share.training + done * (Share.assignment - Share.training))
    }
    try BuildLoop.run((offsets.count + batch - 1) / batch, with: help, shouldContinue: goesOn) {
      let encoder = RowEncoder(quantizer, assignsTwice: assignsTwice)
      let reader = RowReader(rows, metric: metric, batch: batch)
      return { part, _ in
        let start = part * batch
        let end = min(offsets.count, start + batch)
        encoder.assign(reader.rows(offsets[start..<end]))
        for index in 0..<end - start {
          entries.primary[start + index] = encoder.primary[index]
          entries.secondary[start + index] = encoder.secondary[index]
        }
        return true
      }
    }
  }

  /// Rows that are encoded between two looks at the time.
  private static let encodedBatch = 256

  private func encode(
    _ quantizer: CoarseQuantizer, _ entries: Entries, _ shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) -> [InvertedList] {
    let (counts, places) = Self.places(of: entries, listCount: quantizer.count)
    let (offsets, rows, metric) = (offsets, rows, metric)
    let runs = ListAllocation.runs(for: counts, layout: CodeLayout(dimension: rows.dimension))
    let pairs = [(entries.primary, places.primary), (entries.secondary, places.secondary)]
    let batch = Self.encodedBatch
    let goesOn = { (done: Double) in
      shouldContinue(Share.assignment + done * (Share.encoding - Share.assignment))
    }
    try BuildLoop.run((offsets.count + batch - 1) / batch, with: help, shouldContinue: goesOn) {
      let encoder = RowEncoder(quantizer, assignsTwice: false)
      let reader = RowReader(rows, metric: metric, batch: batch)
      return { part, _ in
        let start = part * batch
        let end = min(offsets.count, start + batch)
        for (index, row) in zip(start..<end, reader.rows(offsets[start..<end])) {
          encoder.rotate(row)
          for (lists, places) in pairs {
            let list = lists[index]
            guard list != CodeLayout.noRow, let run = runs[Int(list)] else { continue }
            // Threads may write entries of one block, which share no byte.
            encoder.write(list: list, row: offsets[index], into: run, at: Int(places[index]))
          }
        }
        return true
      }
    }
    return zip(runs, counts).map { run, count in
      InvertedList(runs: run.map { [$0] } ?? [], entryCount: count)
    }
  }

  /// How many entries each list has, and the place of every entry in its list: in the order of the
  /// rows.
  private static func places(
    of entries: Entries, listCount: Int
  ) -> (counts: [Int], places: Entries) {
    var counts = [Int](repeating: 0, count: listCount)
    let places = Entries(rowCount: entries.primary.count)
    let pairs = [(entries.primary, places.primary), (entries.secondary, places.secondary)]
    for index in 0..<entries.primary.count {
      for (lists, places) in pairs where lists[index] != CodeLayout.noRow {
        let list = Int(lists[index])
        places[index] = UInt32(counts[list])
        counts[list] += 1
      }
    }
    return (counts, places)
  }
}

import Glibc

extension IVFFlatIndex {
  /// Trains centroids on a sample of the visible rows and enters all of them. Takes seconds to
  /// minutes; blocking.
  ///
  /// - Parameters:
  ///   - shouldContinue: called every few milliseconds with the share that is done, 0…1.
  /// - Throws: ``BuildInterrupted`` after `shouldContinue` returned false.
  public static func build(
    metric: Metric, parameters: IVFParameters, rows: DenseColumnView, visibility: VisibilityView,
    shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) -> IVFFlatIndex {
    precondition(metric != .manhattan, "lists estimate inner products and Euclidean distances")
    let build = IVFBuild(
      metric: metric, parameters: parameters, rows: rows, visibility: visibility)
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

  /// Shares of the whole that are done at the end of each part.
  private enum Share {
    static let training = 0.55
    static let assignment = 0.8
    static let encoding = 0.95
  }

  init(
    metric: Metric, parameters: IVFParameters, rows: DenseColumnView, visibility: VisibilityView
  ) {
    self.metric = metric
    self.parameters = parameters
    self.rows = rows
    self.visibility = visibility
    let reader = RowReader(rows, metric: metric, batch: RowEncoder.batch)
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
    let encoder = RowEncoder(quantizer, assignsTwice: parameters.assignsTwice)
    var primary = [UInt32](repeating: 0, count: offsets.count)
    var secondary = [UInt32](repeating: CodeLayout.noRow, count: offsets.count)
    try assign(encoder, &primary, &secondary, shouldContinue)
    let lists = try encode(encoder, primary, secondary, shouldContinue)
    let uncalibrated = IVFGeneration(
      quantizer: quantizer, lists: lists, coveredRows: visibility.committedRowCount(),
      calibration: Calibration(), strays: strays)
    let measurement = CalibrationMeasurement(
      metric: metric, rows: rows, visibility: visibility, seed: parameters.seed)
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
    let training = KMeans(clusters: max(1, min(listCount, offsets.count)), seed: parameters.seed)
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

  private func assign(
    _ encoder: RowEncoder, _ primary: inout [UInt32], _ secondary: inout [UInt32],
    _ shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) {
    for start in stride(from: 0, to: offsets.count, by: encoder.batch) {
      let done = Double(start) / Double(offsets.count)
      guard shouldContinue(Share.training + done * (Share.assignment - Share.training)) else {
        throw BuildInterrupted()
      }
      let end = min(offsets.count, start + encoder.batch)
      encoder.assign(reader.rows(offsets[start..<end]))
      for index in 0..<end - start {
        primary[start + index] = encoder.primary[index]
        secondary[start + index] = encoder.secondary[index]
      }
    }
  }

  private func encode(
    _ encoder: RowEncoder, _ primary: [UInt32], _ secondary: [UInt32],
    _ shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) -> [InvertedList] {
    let count = encoder.listCount
    var counts = [Int](repeating: 0, count: count)
    for list in primary { counts[Int(list)] += 1 }
    for list in secondary where list != CodeLayout.noRow { counts[Int(list)] += 1 }
    let layout = CodeLayout(dimension: rows.dimension)
    let runs = ListAllocation.runs(for: counts, layout: layout)
    var used = [Int](repeating: 0, count: count)
    for (index, offset) in offsets.enumerated() {
      if index.isMultiple(of: 256) {
        let done = Double(index) / Double(offsets.count)
        guard shouldContinue(Share.assignment + done * (Share.encoding - Share.assignment)) else {
          throw BuildInterrupted()
        }
      }
      guard let row = reader.row(offset) else { continue }
      encoder.rotate(row)
      for list in [primary[index], secondary[index]] where list != CodeLayout.noRow {
        guard let run = runs[Int(list)] else { continue }
        encoder.write(list: list, row: offset, into: run, at: used[Int(list)])
        used[Int(list)] += 1
      }
    }
    return zip(runs, counts).map { run, count in
      InvertedList(runs: run.map { [$0] } ?? [], entryCount: count)
    }
  }
}

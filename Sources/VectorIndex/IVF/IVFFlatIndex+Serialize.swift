extension IVFFlatIndex {
  /// Writes the index, piece by piece, as ``init(metric:dimension:parameters:reading:)`` reads it.
  /// Checksums are up to the caller.
  public func serialize(to sink: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    let generation = view().generation
    let layout = generation.quantizer.layout
    try SerializedHeader(self, generation).words.withUnsafeBytes { try sink($0) }
    for number in 0..<generation.quantizer.count {
      try sink(UnsafeRawBufferPointer(generation.quantizer.centroid(number)))
    }
    let strays = [UInt32(generation.strays.count)] + generation.strays
    try strays.map(\.littleEndian).withUnsafeBytes { try sink($0) }
    let sizes = generation.lists.flatMap {
      [UInt32($0.entryCount).littleEndian, UInt32($0.blockCount).littleEndian]
    }
    try sizes.withUnsafeBytes { try sink($0) }
    for list in generation.lists {
      try withExtendedLifetime(list) {
        for part in list.parts {
          try sink(
            UnsafeRawBufferPointer(start: part.blocks, count: part.count * layout.blockBytes))
        }
        for part in list.parts {
          try sink(
            UnsafeRawBufferPointer(start: part.rows, count: part.count * CodeLayout.rowBytes))
        }
      }
    }
  }

  /// Writes the calibration alone, as ``loadCalibration(reading:)`` reads it.
  public func serializeCalibration(to sink: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    try SerializedHeader.calibrationWords(of: self).withUnsafeBytes { try sink($0) }
  }

  /// Has searches go by a calibration that ``serializeCalibration(to:)`` wrote; one of other
  /// centroids is read and left.
  ///
  /// - Throws: what `source` throws, or ``DamagedIndex``.
  public func loadCalibration(
    reading source: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    let saved = try SerializedHeader.calibration(of: self, source)
    if let saved { use(saved) }
  }

  /// Reads what ``serialize(to:)`` wrote.
  ///
  /// - Parameter source: fills the buffer with the next bytes, or throws.
  /// - Throws: what `source` throws, or ``DamagedIndex``.
  public convenience init(
    metric: Metric, dimension: Int, parameters: IVFParameters,
    reading source: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    let header = try SerializedHeader(reading: source)
    try header.check(metric: metric, dimension: dimension)
    var centroids: [[Float]] = []
    for _ in 0..<header.listCount {
      var row = [Float](repeating: 0, count: dimension)
      try row.withUnsafeMutableBytes { try source($0) }
      centroids.append(row)
    }
    let strays = try Self.readStrays(coveredRows: header.coveredRows, source)
    let quantizer = CoarseQuantizer(
      centroids: Centroids(dimension: dimension, rows: centroids), metric: metric,
      ranksByProduct: header.ranksByProduct, layout: CodeLayout(dimension: dimension),
      rotation: Rotation(dimension: dimension, seed: header.seed))
    let lists = try Self.readLists(header, quantizer.layout, source)
    var parameters = parameters
    parameters.seed = header.seed
    parameters.assignsTwice = header.assignsTwice
    self.init(
      metric: metric, dimension: dimension, parameters: parameters,
      trainedRows: header.trainedRows,
      generation: IVFGeneration(
        quantizer: quantizer, lists: lists, coveredRows: header.coveredRows,
        calibration: header.calibration, strays: strays))
  }

  private static func readStrays(
    coveredRows: UInt32, _ source: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> [UInt32] {
    var count: UInt32 = 0
    try withUnsafeMutableBytes(of: &count) { try source($0) }
    count = UInt32(littleEndian: count)
    guard count <= coveredRows else { throw DamagedIndex(reason: "\(count) rows in no list") }
    // In pieces: a file that is cut takes no more memory than it has bytes.
    var strays: [UInt32] = []
    while strays.count < Int(count) {
      var piece = [UInt32](repeating: 0, count: min(Int(count) - strays.count, 1 << 16))
      try piece.withUnsafeMutableBytes { try source($0) }
      strays.append(contentsOf: piece.lazy.map(UInt32.init(littleEndian:)))
    }
    guard strays.allSatisfy({ $0 < coveredRows }) else {
      throw DamagedIndex(reason: "a row in no list, beyond those that are covered")
    }
    return strays
  }

  private static func readLists(
    _ header: SerializedHeader, _ layout: CodeLayout,
    _ source: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> [InvertedList] {
    var sizes = [UInt32](repeating: 0, count: 2 * header.listCount)
    try sizes.withUnsafeMutableBytes { try source($0) }
    let entryCounts = (0..<header.listCount).map { Int(UInt32(littleEndian: sizes[2 * $0])) }
    let blockCounts = (0..<header.listCount).map { Int(UInt32(littleEndian: sizes[2 * $0 + 1])) }
    for (entries, blocks) in zip(entryCounts, blockCounts) {
      // An entry takes a place; a place takes four bytes of the offsets at least.
      guard entries <= blocks * CodeLayout.entriesPerBlock, blocks <= SerializedHeader.blocksMax
      else {
        throw DamagedIndex(reason: "a list of \(entries) entries in \(blocks) blocks")
      }
    }
    guard let runs = ListAllocation.runs(ofBlocks: blockCounts, layout: layout) else {
      throw DamagedIndex(reason: "lists of more blocks than there is memory for")
    }
    var lists: [InvertedList] = []
    for (run, entryCount) in zip(runs, entryCounts) {
      guard let run else {
        lists.append(InvertedList())
        continue
      }
      try source(
        UnsafeMutableRawBufferPointer(start: run.blocks, count: run.count * layout.blockBytes))
      try source(
        UnsafeMutableRawBufferPointer(start: run.rows, count: run.count * CodeLayout.rowBytes))
      for entry in 0..<run.count * CodeLayout.entriesPerBlock {
        let row = run.rows[entry]
        guard row == CodeLayout.noRow || row < header.coveredRows else {
          throw DamagedIndex(reason: "an entry of row \(row), beyond those that are covered")
        }
      }
      lists.append(InvertedList(runs: [run], entryCount: entryCount))
    }
    return lists
  }
}

/// The fixed first part of a serialized index: 64-bit words, little-endian.
struct SerializedHeader {
  private static let version: UInt64 = 5
  /// Without the growth under filters.
  private static let ungrownVersion: UInt64 = 4
  /// Without the rows scored, too.
  private static let uncountedVersion: UInt64 = 3
  /// Without remote rows, too.
  private static let leastVersion: UInt64 = 2
  private static let fixedWords = 9
  private static let remoteWords = 2
  private static let pointWords = 3
  /// Numbers of a vector in a saved index.
  private static let dimensionMax: UInt64 = 1 << 20
  /// Lists of a saved index.
  private static let listsMax: UInt64 = 1 << 24
  /// Points of the calibration of a saved index.
  private static let calibrationMax: UInt64 = 1 << 10
  /// Blocks of one list of a saved index.
  static let blocksMax = 1 << 28

  let metric: UInt64
  let dimension: Int
  let listCount: Int
  let coveredRows: UInt32
  let trainedRows: Int
  let seed: UInt64
  let ranksByProduct: Bool
  let assignsTwice: Bool
  let calibration: Calibration

  init(_ index: IVFFlatIndex, _ generation: IVFGeneration) {
    metric = Self.code(of: index.metric)
    dimension = index.dimension
    listCount = generation.lists.count
    coveredRows = generation.coveredRows
    trainedRows = index.trainedRows
    seed = index.parameters.seed
    ranksByProduct = generation.quantizer.ranksByProduct
    assignsTwice = index.parameters.assignsTwice
    calibration = generation.calibration
  }

  var words: [UInt64] {
    let flags: UInt64 = (ranksByProduct ? 1 : 0) | (assignsTwice ? 2 : 0)
    var words: [UInt64] = [
      Self.version, metric, UInt64(dimension), UInt64(listCount), UInt64(coveredRows),
      UInt64(trainedRows), seed, flags, UInt64(calibration.points.count),
    ]
    words += Self.words(of: calibration.points)
    let remote = calibration.remote
    let (near, far) = (remote?.near ?? 0, remote?.far ?? 0)
    words.append(UInt64(remote?.points.count ?? 0))
    words.append(UInt64(near.bitPattern) | UInt64(far.bitPattern) << 32)
    words += Self.words(of: remote?.points ?? [])
    words += Self.furtherWords(of: calibration)
    return words.map(\.littleEndian)
  }

  private static func words(of calibration: [CalibrationPoint]) -> [UInt64] {
    calibration.flatMap { point in
      [
        point.recall.bitPattern, UInt64(point.probes),
        UInt64(point.slack.bitPattern) | (point.isWide ? 1 << 32 : 0),
      ]
    }
  }

  init(reading source: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
    let fixed = try Self.words(Self.fixedWords, source)
    let version = fixed[0]
    guard (Self.leastVersion...Self.version).contains(version) else {
      throw DamagedIndex(reason: "version \(fixed[0]) of the lists is not known")
    }
    guard fixed[2] <= Self.dimensionMax, (1...Self.listsMax).contains(fixed[3]),
      fixed[4] <= UInt32.max,
      fixed[5] <= UInt32.max, fixed[8] <= Self.calibrationMax
    else { throw DamagedIndex(reason: "the header does not make sense") }
    metric = fixed[1]
    dimension = Int(fixed[2])
    listCount = Int(fixed[3])
    coveredRows = UInt32(fixed[4])
    trainedRows = Int(fixed[5])
    seed = fixed[6]
    ranksByProduct = fixed[7] & 1 != 0
    assignsTwice = fixed[7] & 2 != 0
    let points = try Self.calibration(points: Int(fixed[8]), source)
    let remote = version >= Self.uncountedVersion ? try Self.remote(source) : nil
    calibration = Calibration(
      points: points, remote: remote,
      scored: version >= Self.ungrownVersion ? try Self.scored(source) : nil,
      filterGrowth: version >= Self.version ? try Self.filterGrowth(source) : [])
  }

  private static func filterGrowth(
    _ source: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> [FilterGrowth] {
    let count = try words(1, source)[0]
    guard count <= calibrationMax else { throw DamagedIndex(reason: "\(count) exponents") }
    let words = try words(2 * Int(count), source)
    let growth = (0..<Int(count)).map {
      FilterGrowth(
        recall: Double(bitPattern: words[2 * $0]), exponent: Double(bitPattern: words[2 * $0 + 1]))
    }
    guard growth.allSatisfy({ FilterGrowth.exponents.contains($0.exponent) }),
      zip(growth, growth.dropFirst()).allSatisfy({ $0.recall < $1.recall })
    else { throw DamagedIndex(reason: "the exponents of filters do not make sense") }
    return growth
  }

  private static func remote(
    _ source: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> RemoteCalibration? {
    let fixed = try words(remoteWords, source)
    let (near, far) = (
      Float(bitPattern: UInt32(truncatingIfNeeded: fixed[1])),
      Float(bitPattern: UInt32(truncatingIfNeeded: fixed[1] >> 32))
    )
    guard fixed[0] <= calibrationMax, near.isFinite, far.isFinite else {
      throw DamagedIndex(reason: "the calibration does not make sense")
    }
    let points = try calibration(points: Int(fixed[0]), source)
    return points.isEmpty ? nil : RemoteCalibration(near: near, far: far, points: points)
  }

  private static func calibration(
    points count: Int, _ source: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> [CalibrationPoint] {
    let points = try words(pointWords * count, source)
    let calibration = (0..<count).map {
      let point = points[($0 * pointWords)...].prefix(pointWords)
      return CalibrationPoint(
        recall: Double(bitPattern: point[point.startIndex]),
        probes: Int(clamping: point[point.startIndex + 1]),
        slack: Float(bitPattern: UInt32(truncatingIfNeeded: point[point.startIndex + 2])),
        isWide: point[point.startIndex + 2] >> 32 & 1 != 0)
    }
    try check(calibration)
    return calibration
  }

  // MARK: A calibration apart

  /// Beside the number of points: what was measured with the same queries follows them.
  private static let isWhole: UInt64 = 1 << 32

  /// A calibration with what tells the centroids that it was measured with from others.
  static func calibrationWords(of index: IVFFlatIndex) -> [UInt64] {
    let calibration = index.view().generation.calibration
    let fixed = [
      index.parameters.seed, UInt64(index.trainedRows),
      UInt64(calibration.points.count) | isWhole,
    ]
    return (fixed + words(of: calibration.points) + furtherWords(of: calibration))
      .map(\.littleEndian)
  }

  private static func furtherWords(of calibration: Calibration) -> [UInt64] {
    [UInt64(calibration.scored ?? 0), UInt64(calibration.filterGrowth.count)]
      + calibration.filterGrowth.flatMap { [$0.recall.bitPattern, $0.exponent.bitPattern] }
  }

  /// Reads what ``calibrationWords(of:)`` gives, or gave when that was the points alone; `nil` if
  /// it is that of other centroids.
  static func calibration(
    of index: IVFFlatIndex, _ source: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> Calibration? {
    let fixed = try words(3, source)
    guard fixed[2] & ~isWhole <= calibrationMax else {
      throw DamagedIndex(reason: "the calibration does not make sense")
    }
    var saved = index.view().generation.calibration
    saved.remote = nil
    saved.points = try calibration(points: Int(fixed[2] & ~isWhole), source)
    if fixed[2] & isWhole != 0 {
      saved.scored = try scored(source)
      saved.filterGrowth = try filterGrowth(source)
    }
    let isOwn = fixed[0] == index.parameters.seed && fixed[1] == UInt64(index.trainedRows)
    return isOwn ? saved : nil
  }

  private static func scored(
    _ source: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> Int? {
    let scored = try words(1, source)[0]
    guard scored <= UInt32.max else { throw DamagedIndex(reason: "\(scored) rows scored") }
    return scored == 0 ? nil : Int(scored)
  }

  /// The number that stands for a metric in files.
  static func code(of metric: Metric) -> UInt64 {
    switch metric {
    case .dot: 0
    case .squaredEuclid: 1
    case .cosine: 2
    case .manhattan: 3
    }
  }

  /// Whether recall and probes ascend within what they can be.
  private static func check(_ calibration: [CalibrationPoint]) throws(DamagedIndex) {
    var last = (recall: -1.0, probes: 0)
    for point in calibration {
      guard point.recall > last.recall, point.recall <= 1, point.probes > last.probes,
        point.probes < 1 << 24
      else { throw DamagedIndex(reason: "the calibration does not make sense") }
      last = (point.recall, point.probes)
    }
  }

  /// Whether the index is one of such vectors.
  func check(metric: Metric, dimension: Int) throws(DamagedIndex) {
    guard self.metric == Self.code(of: metric), self.dimension == dimension else {
      throw DamagedIndex(reason: "it is an index of vectors of another kind")
    }
  }

  private static func words(
    _ count: Int, _ source: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> [UInt64] {
    var words = [UInt64](repeating: 0, count: count)
    if count > 0 { try words.withUnsafeMutableBytes { try source($0) } }
    return words.map(UInt64.init(littleEndian:))
  }
}

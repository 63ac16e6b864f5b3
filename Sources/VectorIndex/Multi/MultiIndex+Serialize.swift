extension MultiIndex {
  /// Writes centroids and segments, piece by piece, as ``load(dimension:reading:)`` reads
  /// them; of an index without segments nothing can be read. Checksums are up to the caller.
  ///
  /// - Returns: the rows that are in it: those below this offset.
  public func serialize(
    to sink: (UnsafeRawBufferPointer) throws -> Void
  ) rethrows -> UInt32 {
    let view = view()
    let header = SerializedMultiHeader(view)
    try header.words.withUnsafeBytes { try sink($0) }
    guard let centroids = view.centroids else { return view.end }
    for number in 0..<centroids.count {
      try sink(
        UnsafeRawBufferPointer(
          UnsafeBufferPointer(start: centroids.row(number), count: centroids.dimension)))
    }
    for segment in view.segments { try segment.serialize(to: sink) }
    return view.end
  }

  /// Reads what ``serialize(to:)`` wrote, in the place of what is there.
  ///
  /// - Parameters:
  ///   - dimension: of the column.
  ///   - source: fills the buffer with the next bytes, or throws.
  ///   - accepting: called with what is returned once all is read; may throw.
  /// - Returns: the rows that are in it: those below this offset.
  /// - Throws: what these throw, or ``DamagedIndex``; nothing has changed then.
  public func load(
    dimension: Int, reading source: (UnsafeMutableRawBufferPointer) throws -> Void,
    accepting: (UInt32) throws -> Void = { _ in }
  ) throws -> UInt32 {
    let header = try SerializedMultiHeader(reading: source)
    try header.check(metric: metric, dimension: dimension)
    var rows: [[Float]] = []
    for _ in 0..<header.centroidCount {
      var row = [Float](repeating: 0, count: dimension)
      try row.withUnsafeMutableBytes { try source($0) }
      rows.append(row)
    }
    var segments: [MultiSegment] = []
    for _ in 0..<header.segmentCount {
      let segment = try MultiSegment(
        from: segments.last?.range.upperBound ?? 0, centroidCount: rows.count, reading: source)
      segments.append(segment)
    }
    guard segments.last?.range.upperBound == header.coveredRows else {
      throw DamagedIndex(reason: "segments of other rows than those that are covered")
    }
    try accepting(header.coveredRows)
    replace(
      with: MultiIndexView(
        metric: metric, centroids: Centroids(dimension: dimension, rows: rows),
        segments: segments, trainedVectors: header.trainedVectors,
        vectorCount: header.vectorCount))
    return header.coveredRows
  }
}

extension MultiSegment {
  fileprivate func serialize(to sink: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    let fixed = [range.lowerBound, range.upperBound, UInt32(rowCount)].map(\.littleEndian)
    try fixed.withUnsafeBytes { try sink($0) }
    try starts.map(\.littleEndian).withUnsafeBytes { try sink($0) }
    try rows.withUnsafeBytes { try sink($0) }
  }

  /// Reads a segment whose rows begin with `first`.
  fileprivate convenience init(
    from first: UInt32, centroidCount: Int,
    reading source: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    let fixed = try Self.words(3, source)
    guard fixed[0] == first, fixed[1] > first, fixed[2] <= fixed[1] - first else {
      throw DamagedIndex(reason: "a segment of rows \(fixed[0]) to \(fixed[1])")
    }
    let range = first..<fixed[1]
    let starts = try Self.words(centroidCount + 1, source)
    var rows: [UInt32] = []
    for centroid in 0..<centroidCount {
      // Read list by list: what is not there cannot ask for much memory.
      guard starts[centroid] == UInt32(rows.count), starts[centroid + 1] >= starts[centroid],
        starts[centroid + 1] - starts[centroid] <= fixed[2]
      else { throw DamagedIndex(reason: "lists that do not follow one another") }
      let list = try Self.words(Int(starts[centroid + 1] - starts[centroid]), source)
      guard list.allSatisfy(range.contains), zip(list, list.dropFirst()).allSatisfy(<) else {
        throw DamagedIndex(reason: "a list of rows that are not its segment's")
      }
      rows += list
    }
    self.init(range: range, rowCount: Int(fixed[2]), starts: starts, rows: rows)
  }

  private static func words(
    _ count: Int, _ source: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> [UInt32] {
    var words = [UInt32](repeating: 0, count: count)
    if count > 0 { try words.withUnsafeMutableBytes { try source($0) } }
    return words.map(UInt32.init(littleEndian:))
  }
}

/// The fixed first part of a serialized index of multivectors: 64-bit words, little-endian.
private struct SerializedMultiHeader {
  private static let version: UInt64 = 1
  private static let wordCount = 8

  let metric: UInt64
  let dimension: Int
  let centroidCount: Int
  let segmentCount: Int
  let coveredRows: UInt32
  let trainedVectors: Int
  let vectorCount: Int

  init(_ view: MultiIndexView) {
    metric = SerializedHeader.code(of: view.metric)
    dimension = view.centroids?.dimension ?? 0
    centroidCount = view.centroids?.count ?? 0
    segmentCount = view.segments.count
    coveredRows = view.end
    trainedVectors = view.trainedVectors
    vectorCount = view.vectorCount
  }

  var words: [UInt64] {
    [
      Self.version, metric, UInt64(dimension), UInt64(centroidCount), UInt64(segmentCount),
      UInt64(coveredRows), UInt64(trainedVectors), UInt64(vectorCount),
    ].map(\.littleEndian)
  }

  init(reading source: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
    var words = [UInt64](repeating: 0, count: Self.wordCount)
    try words.withUnsafeMutableBytes { try source($0) }
    words = words.map(UInt64.init(littleEndian:))
    guard words[0] == Self.version else {
      throw DamagedIndex(reason: "version \(words[0]) of the lists is not known")
    }
    guard (1...1 << 20).contains(words[2]), (1...1 << 24).contains(words[3]),
      (1...1 << 24).contains(words[4]), words[5] <= UInt32.max, words[6] <= 1 << 48,
      words[7] <= 1 << 48
    else { throw DamagedIndex(reason: "the header does not make sense") }
    metric = words[1]
    dimension = Int(words[2])
    centroidCount = Int(words[3])
    segmentCount = Int(words[4])
    coveredRows = UInt32(words[5])
    trainedVectors = Int(words[6])
    vectorCount = Int(words[7])
  }

  /// Whether the index is one of such vectors.
  func check(metric: Metric, dimension: Int) throws(DamagedIndex) {
    guard self.metric == SerializedHeader.code(of: metric), self.dimension == dimension else {
      throw DamagedIndex(reason: "it is an index of vectors of another kind")
    }
  }
}

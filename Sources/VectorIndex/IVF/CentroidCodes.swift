/// Centroids as entries of a list around a common centre, for a quick first look at how far they
/// are from a query.
///
/// Immutable.
struct CentroidCodes: Sendable {
  /// The blocks, whose entries are the centroids in order.
  private let memory: ListMemory
  /// How many blocks there are.
  let blockCount: Int
  /// Mean of `|B|` over the entries.
  let meanSlope: Float
  private let count: Int

  /// Encodes the rotated centroids at `rotated` around `center`, which is rotated too.
  init(
    _ rotated: [UnsafePointer<Float>], around center: UnsafePointer<Float>, metric: Metric,
    layout: CodeLayout
  ) {
    count = rotated.count
    blockCount = CodeLayout.blocks(for: count)
    memory = ListMemory(byteCount: blockCount * layout.blockBytes)
    let blocks = memory.base.assumingMemoryBound(to: UInt8.self)
    for block in 0..<blockCount {
      CodeKernels.clear(block: blocks + block * layout.blockBytes, layout: layout)
    }
    var slopes = 0.0
    for (number, row) in rotated.enumerated() {
      let (block, entry) = number.quotientAndRemainder(dividingBy: CodeLayout.entriesPerBlock)
      let address = blocks + block * layout.blockBytes
      CodeKernels.encode(
        metric, rotated: row, centroid: center, layout: layout, block: address, entry: entry)
      slopes += Double(abs(layout.slope(of: entry, in: address)))
    }
    meanSlope = Float(slopes / Double(max(1, count)))
  }

  /// Centroids, rounded up to whole blocks.
  var estimateCount: Int { blockCount * CodeLayout.entriesPerBlock }

  /// Bytes of the blocks.
  var residentBytes: Int { memory.byteCount }

  /// Estimates the distance of every centroid from a query; lower is nearer. What stands for no
  /// centroid is infinitely far.
  ///
  /// - Parameters:
  ///   - centerDistance: that of the centre from the query, in the same terms.
  ///   - distances: room for ``estimateCount`` floats.
  func estimate(
    _ table: CodeTable, centerDistance: Float, into distances: UnsafeMutablePointer<Float>
  ) {
    CodeKernels.estimate(
      blocks: memory.base.assumingMemoryBound(to: UInt8.self), count: blockCount, table: table,
      distance: centerDistance, into: distances)
    // A query may be so long that even these seem near.
    for padding in count..<estimateCount { distances[padding] = .infinity }
  }
}

/// How the codes of one index lie in memory and on disk.
///
/// A block holds 16 entries: a nibble for every four dimensions of each, then 16 floats `A` and 16
/// floats `B`, the terms of an entry's distance estimate. An entry without a row has `A` = 1e30 and
/// can't come near anything.
struct CodeLayout: Sendable, Equatable {
  static let entriesPerBlock = 16
  /// No estimate of a real entry reaches this.
  static let unreachable: Float = 1e29
  /// Longer vectors, by squared length, have distances that can't be told from those of no entry.
  private static let squaredLengthMax = 1e27
  /// The offset that stands for no row.
  static let noRow = UInt32.max

  /// Floats a row.
  let dimension: Int
  /// Dimensions after padding and rotation, one bit each in a code.
  let codeDimension: Int

  init(dimension: Int) {
    self.dimension = dimension
    self.codeDimension = max(64, (dimension + 31) / 32 * 32)
  }

  /// Bytes of a block, a multiple of 64.
  var blockBytes: Int { 2 * codeDimension + 8 * Self.entriesPerBlock }
  /// Bytes of the row offsets that belong to a block.
  static let rowBytes = entriesPerBlock * MemoryLayout<UInt32>.stride
  /// Bytes of a query's lookup table.
  var tableBytes: Int { 4 * codeDimension }

  /// The term `B` of an entry.
  func slope(of entry: Int, in block: UnsafePointer<UInt8>) -> Float {
    let terms = UnsafeRawPointer(block + 2 * codeDimension)
    return terms.load(
      fromByteOffset: (Self.entriesPerBlock + entry) * MemoryLayout<Float>.stride, as: Float.self)
  }

  /// Copies an entry, its code and its terms, from a block to another for the same centroid.
  func copy(
    _ entry: Int, of source: UnsafePointer<UInt8>, to place: Int,
    of target: UnsafeMutablePointer<UInt8>
  ) {
    let word = MemoryLayout<UInt32>.size
    // Lines of a word for every entry: codes, then the terms `A` and `B`.
    for line in stride(from: 0, to: blockBytes, by: word * Self.entriesPerBlock) {
      (target + line + word * place).update(from: source + line + word * entry, count: word)
    }
  }

  /// Whether distances from a vector of ``dimension`` floats can be estimated.
  func canEstimate(_ vector: UnsafePointer<Float>) -> Bool {
    let vector = UnsafeBufferPointer(start: vector, count: dimension)
    return VectorMath.squaredLength(vector) < Self.squaredLengthMax
  }

  /// Blocks for so many entries.
  static func blocks(for entries: Int) -> Int {
    (entries + entriesPerBlock - 1) / entriesPerBlock
  }
}

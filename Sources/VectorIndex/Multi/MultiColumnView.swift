/// A column of multivectors at one moment, for one reader.
///
/// Immutable and cheap to copy; holds the memory of its rows for as long as it lives. Rows may be
/// looked at below the row count that the reader holds (see ``DenseColumn``).
public struct MultiColumnView: Sendable {
  /// How vectors are kept.
  public let codec: RowCodec
  private let rowShift: Int
  private let table: ChunkTable<MultiChunk>

  init(codec: RowCodec, rowShift: Int, table: ChunkTable<MultiChunk>) {
    self.codec = codec
    self.rowShift = rowShift
    self.table = table
  }

  /// Numbers of a vector.
  public var dimension: Int { codec.dimension }
  /// What the numbers are kept as.
  public var element: ElementType { codec.element }

  /// Bytes of a vector.
  public var vectorBytes: Int { codec.rowBytes }

  /// Rows a chunk, a power of two.
  public var rowsPerChunk: Int { 1 << rowShift }

  /// Whether there are vectors at `offset`.
  public func contains(_ offset: UInt32) -> Bool { entry(of: offset)?.vectors != nil }

  /// How many vectors the row at `offset` has, 0 if it is absent.
  public func vectorCount(_ offset: UInt32) -> Int { entry(of: offset)?.count ?? 0 }

  /// A copy of the vectors at `offset`, one after the other, or `nil` if there are none.
  public func row(_ offset: UInt32) -> [Float]? {
    guard let entry = entry(of: offset), let vectors = entry.vectors else { return nil }
    return withExtendedLifetime(table) {
      let numbers = entry.count * dimension
      return [Float](unsafeUninitializedCapacity: numbers) { buffer, count in
        codec.decode(vectors, into: UnsafeMutableBufferPointer(rebasing: buffer[..<numbers]))
        count = numbers
      }
    }
  }

  /// Calls `body` with the vectors at `offset` as they are kept, ``vectorBytes`` bytes each, which
  /// are valid during the call only. `nil` if there are none.
  public func withEncodedRow<R>(
    _ offset: UInt32, _ body: (UnsafeRawBufferPointer) throws -> R
  ) rethrows -> R? {
    guard let entry = entry(of: offset), let vectors = entry.vectors else { return nil }
    return try withExtendedLifetime(table) {
      try body(UnsafeRawBufferPointer(start: vectors, count: entry.count * vectorBytes))
    }
  }

  /// A query of one vector or more, each of ``dimension`` numbers, prepared for the rows of this
  /// view.
  public func scorer(for vectors: [Float], metric: Metric) -> any Scorer {
    MaxSimScorer(vectors, metric: metric, view: self)
  }

  /// What there is of a row, valid while the view lives.
  func entry(of offset: UInt32) -> MultiEntry? {
    withExtendedLifetime(table) {
      guard let chunk = table.addresses(of: Int(offset) >> rowShift) else { return nil }
      return chunk.entries[Int(offset) & (rowsPerChunk - 1)]
    }
  }

  /// Whether any row of the chunk that holds `offset` may be there.
  func hasChunk(of offset: UInt32) -> Bool {
    table.addresses(of: Int(offset) >> rowShift) != nil
  }
}

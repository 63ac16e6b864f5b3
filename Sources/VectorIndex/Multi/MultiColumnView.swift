/// A column of multivectors at one moment, for one reader.
///
/// Immutable and cheap to copy; holds the memory of its rows for as long as it lives. Rows may be
/// looked at below the row count that the reader holds (see ``DenseColumn``).
public struct MultiColumnView: Sendable {
  /// Numbers of a vector.
  public let dimension: Int
  /// What the numbers are kept as.
  public let element: ElementType
  private let rowShift: Int
  private let table: ChunkTable<MultiChunk>

  init(dimension: Int, element: ElementType, rowShift: Int, table: ChunkTable<MultiChunk>) {
    self.dimension = dimension
    self.element = element
    self.rowShift = rowShift
    self.table = table
  }

  /// Bytes of a vector.
  public var vectorBytes: Int { dimension * element.byteCount }

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
        element.decode(vectors, into: UnsafeMutableBufferPointer(rebasing: buffer[..<numbers]))
        count = numbers
      }
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

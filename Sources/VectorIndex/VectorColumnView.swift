/// A column at one moment, for one reader.
///
/// Immutable and cheap to copy; holds the memory of its rows for as long as it lives. Rows may be
/// looked at below the row count that the reader holds (see ``VectorColumn``).
public struct VectorColumnView: Sendable {
  /// Floats a row.
  public let dimension: Int
  let rowShift: Int
  private let table: ChunkTable<VectorChunk>

  init(dimension: Int, rowShift: Int, table: ChunkTable<VectorChunk>) {
    self.dimension = dimension
    self.rowShift = rowShift
    self.table = table
  }

  /// The chunks by number; `nil` where there is none.
  var chunks: [VectorChunk?] { table.chunks }

  /// Bytes of a row.
  var rowBytes: Int { dimension * MemoryLayout<Float>.stride }

  /// Rows a chunk, a power of two.
  public var rowsPerChunk: Int { 1 << rowShift }

  /// Whether there is a vector at `offset`.
  public func contains(_ offset: UInt32) -> Bool {
    address(of: offset) != nil
  }

  /// Calls `body` with the `dimension` floats at `offset`, which are valid during the call only.
  /// `nil` if there is no vector at `offset`.
  public func withRow<R>(
    _ offset: UInt32, _ body: (UnsafeBufferPointer<Float>) throws -> R
  ) rethrows -> R? {
    guard let address = address(of: offset) else { return nil }
    return try withExtendedLifetime(table) {
      try body(UnsafeBufferPointer(start: address, count: dimension))
    }
  }

  /// A copy of the `dimension` floats at `offset`, or `nil` if there is no vector.
  public func row(_ offset: UInt32) -> [Float]? {
    withRow(offset) { Array($0) }
  }

  /// The address of a present row, valid while the view lives.
  func address(of offset: UInt32) -> UnsafePointer<Float>? {
    withExtendedLifetime(table) {
      let row = Int(offset) & (rowsPerChunk - 1)
      guard let chunk = table.addresses(of: Int(offset) >> rowShift), chunk.isPresent(row) else {
        return nil
      }
      return UnsafePointer(chunk.rows + row * dimension)
    }
  }
}

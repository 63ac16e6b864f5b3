/// A column at one moment, for one reader.
///
/// Immutable and cheap to copy; holds the memory of its rows for as long as it lives. Rows may be
/// looked at below the row count that the reader holds (see ``VectorColumn``).
public struct VectorColumnView: Sendable {
  /// Floats a row.
  public let dimension: Int
  let rowShift: Int
  let chunks: [VectorChunk?]

  init(dimension: Int, rowShift: Int, chunks: [VectorChunk?]) {
    self.dimension = dimension
    self.rowShift = rowShift
    self.chunks = chunks
  }

  /// Rows a chunk, a power of two.
  public var rowsPerChunk: Int { 1 << rowShift }

  /// Whether there is a vector at `offset`.
  public func contains(_ offset: UInt32) -> Bool {
    chunk(of: offset)?.isPresent(rowInChunk(offset)) ?? false
  }

  /// Calls `body` with the `dimension` floats at `offset`, which are valid during the call only.
  /// `nil` if there is no vector at `offset`.
  public func withRow<R>(
    _ offset: UInt32, _ body: (UnsafeBufferPointer<Float>) throws -> R
  ) rethrows -> R? {
    let row = rowInChunk(offset)
    guard let chunk = chunk(of: offset), chunk.isPresent(row) else { return nil }
    return try withExtendedLifetime(chunk) {
      try body(UnsafeBufferPointer(start: chunk.rows + row * dimension, count: dimension))
    }
  }

  /// A copy of the `dimension` floats at `offset`, or `nil` if there is no vector.
  public func row(_ offset: UInt32) -> [Float]? {
    withRow(offset) { Array($0) }
  }

  /// The address of a present row, valid while the view lives.
  func address(of offset: UInt32) -> UnsafePointer<Float>? {
    let row = rowInChunk(offset)
    guard let chunk = chunk(of: offset), chunk.isPresent(row) else { return nil }
    return UnsafePointer(chunk.rows + row * dimension)
  }

  private func chunk(of offset: UInt32) -> VectorChunk? {
    let number = Int(offset) >> rowShift
    return number < chunks.count ? chunks[number] : nil
  }

  private func rowInChunk(_ offset: UInt32) -> Int {
    Int(offset) & (rowsPerChunk - 1)
  }
}

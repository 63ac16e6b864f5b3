/// A column at one moment, for one reader.
///
/// Immutable and cheap to copy; holds the memory of its rows for as long as it lives. Rows may be
/// looked at below the row count that the reader holds (see ``DenseColumn``).
public struct DenseColumnView: Sendable {
  /// How rows are kept.
  public let codec: RowCodec
  let rowShift: Int
  private let table: ChunkTable<DenseChunk>
  /// Rows that are in files and not in memory; `nil` where there are none.
  let filed: FiledRows?

  init(codec: RowCodec, rowShift: Int, table: ChunkTable<DenseChunk>, filed: FiledRows?) {
    self.codec = codec
    self.rowShift = rowShift
    self.table = table
    self.filed = filed
  }

  /// Whether looking at a row may wait for a disk.
  public var hasFiles: Bool { filed != nil }

  /// Numbers a row.
  public var dimension: Int { codec.dimension }
  /// What the numbers are kept as.
  public var element: ElementType { codec.element }

  /// Bytes of a row.
  public var rowBytes: Int { codec.rowBytes }

  /// Rows a chunk, a power of two.
  public var rowsPerChunk: Int { 1 << rowShift }

  /// Whether there is a vector at `offset`.
  public func contains(_ offset: UInt32) -> Bool {
    address(of: offset) != nil || filed?.contains(offset) == true
  }

  /// A copy of the `dimension` numbers at `offset`, or `nil` if there is no vector.
  public func row(_ offset: UInt32) -> [Float]? {
    withEncodedRow(offset) { row in
      [Float](unsafeUninitializedCapacity: dimension) { buffer, count in
        guard let address = row.baseAddress else { return }
        codec.decode(address, into: UnsafeMutableBufferPointer(rebasing: buffer[..<dimension]))
        count = dimension
      }
    }
  }

  /// Calls `body` with the bytes of the row at `offset` as they are kept, which are valid during
  /// the call only. `nil` if there is no vector.
  public func withEncodedRow<R>(
    _ offset: UInt32, _ body: (UnsafeRawBufferPointer) throws -> R
  ) rethrows -> R? {
    guard let address = address(of: offset) else { return try withFiledRow(offset, body) }
    return try withExtendedLifetime(table) {
      try body(UnsafeRawBufferPointer(start: address, count: rowBytes))
    }
  }

  private func withFiledRow<R>(
    _ offset: UInt32, _ body: (UnsafeRawBufferPointer) throws -> R
  ) rethrows -> R? {
    guard let filed, filed.contains(offset) else { return nil }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: rowBytes, alignment: 64)
    defer { memory.deallocate() }
    let target = FiledRows.Target(offset: offset, memory: memory.baseAddress)
    withUnsafePointer(to: target) {
      filed.read(UnsafeBufferPointer(start: $0, count: 1), keeps: true)
    }
    return try body(UnsafeRawBufferPointer(memory))
  }

  /// `query`, of ``dimension`` numbers, prepared for the rows of this view.
  public func scorer(for query: [Float], metric: Metric) -> any Scorer {
    if let filed { return FiledScorer(query, metric: metric, view: self, filed: filed) }
    return DenseScorer(query, metric: metric, view: self)
  }

  /// The address of a row that is present in memory, valid while the view lives.
  func address(of offset: UInt32) -> UnsafeRawPointer? {
    withExtendedLifetime(table) {
      let row = Int(offset) & (rowsPerChunk - 1)
      guard let chunk = table.addresses(of: Int(offset) >> rowShift), chunk.isPresent(row) else {
        return nil
      }
      return chunk.rows + row * rowBytes
    }
  }

  /// The address of the first of `rows`, which are in one chunk, present or not; `nil` if the chunk
  /// is not there.
  func start(of rows: Range<UInt32>) -> UnsafeRawPointer? {
    withExtendedLifetime(table) {
      let first = Int(rows.lowerBound)
      let row = first & (rowsPerChunk - 1)
      precondition(row + rows.count <= rowsPerChunk, "rows of several chunks")
      guard let chunk = table.addresses(of: first >> rowShift) else { return nil }
      return chunk.rows + row * rowBytes
    }
  }
}

// MARK: Rows of floats

extension DenseColumnView {
  /// Calls `body` with the `dimension` floats at `offset`, which are valid during the call only.
  /// `nil` if there is no vector at `offset`. Of columns of float32 only.
  public func withRow<R>(
    _ offset: UInt32, _ body: (UnsafeBufferPointer<Float>) throws -> R
  ) rethrows -> R? {
    precondition(element == .float32, "rows that are no floats")
    return try withEncodedRow(offset) { row in
      try body(
        UnsafeBufferPointer(
          start: row.baseAddress?.assumingMemoryBound(to: Float.self), count: dimension))
    }
  }
}

import Synchronization

/// The multivectors of one name in a collection: for each row one vector or more of `dimension`
/// numbers, as many as the row was given, side by side in memory.
///
/// One writer, many readers, by the protocol of ``DenseColumn``: rows are written before the commit
/// that shows them is published, readers hold views, chunks whose rows are all dead are dropped.
public final class MultiColumn: Sendable {
  /// How vectors are kept.
  public let codec: RowCodec
  private let directory = ChunkDirectory<MultiChunk>()
  private let chunkBytes = Atomic<Int>(0)
  /// Of the rows in chunks that were not dropped.
  private let rowTotal = Atomic<Int>(0)
  private let byteTotal = Atomic<Int>(0)

  private static let rowShift = 8

  /// An empty column of rows of vectors of `dimension` numbers, at least one.
  public init(dimension: Int, element: ElementType = .float32) {
    codec = RowCodec(dimension: dimension, element: element)
  }

  /// Numbers of a vector.
  public var dimension: Int { codec.dimension }
  /// What the numbers are kept as.
  public var element: ElementType { codec.element }

  /// Bytes of a vector, in memory and as ``write(encoded:at:)`` takes it.
  public var vectorBytes: Int { codec.rowBytes }

  /// Rows a chunk, a power of two. Chunk `i` holds the offsets from `i * rowsPerChunk` on.
  public var rowsPerChunk: Int { 1 << Self.rowShift }

  /// The memory reserved for the chunks that were not dropped, in bytes; see
  /// ``DenseColumn/residentBytes``.
  public var residentBytes: Int { chunkBytes.load(ordering: .relaxed) }

  /// Bytes of the vectors of a row that has some, on average.
  public var meanRowBytes: Int {
    byteTotal.load(ordering: .relaxed) / max(1, rowTotal.load(ordering: .relaxed))
  }

  /// The memory that the rows of chunks that were not dropped take: numbers, and the places that
  /// tell how many vectors each row has and where; and how many rows below `rowCount` there are in
  /// those chunks, whether they have vectors or not.
  public func memory(rowCount: UInt32) -> (rows: Int, places: Int, keptRows: Int) {
    var places = 0
    var kept = 0
    for (number, chunk) in directory.snapshot().chunks.enumerated() where chunk != nil {
      places += rowsPerChunk * MemoryLayout<MultiEntry>.stride
      kept += max(0, min(rowsPerChunk, Int(rowCount) - number << Self.rowShift))
    }
    return (byteTotal.load(ordering: .relaxed), places, kept)
  }

  /// Writes a row of vectors: whole ones of ``dimension`` numbers, at least one. Writer only;
  /// `offset` is not yet visible to any reader. Offsets may come in any order and leave gaps.
  public func write(_ vectors: UnsafeBufferPointer<Float>, at offset: UInt32) {
    let (count, rest) = vectors.count.quotientAndRemainder(dividingBy: dimension)
    precondition(count > 0 && rest == 0, "vectors of another dimension")
    write(count: count, at: offset) { codec.encode(vectors, into: $0) }
  }

  /// Writes a row of vectors of ``vectorBytes`` bytes as they are kept. Writer only; see
  /// ``write(_:at:)``.
  public func write(encoded vectors: UnsafeRawBufferPointer, at offset: UInt32) {
    let (count, rest) = vectors.count.quotientAndRemainder(dividingBy: vectorBytes)
    precondition(count > 0 && rest == 0, "vectors of another dimension")
    write(count: count, at: offset) { memory in
      if let first = vectors.baseAddress {
        memory.copyMemory(from: first, byteCount: vectors.count)
      }
    }
  }

  private func write(
    count: Int, at offset: UInt32, _ fill: (UnsafeMutableRawPointer) -> Void
  ) {
    let number = Int(offset) >> Self.rowShift
    let row = Int(offset) & (rowsPerChunk - 1)
    let known = directory.chunk(number)
    let chunk = known ?? MultiChunk(rowCount: rowsPerChunk)
    let before = known?.byteCount ?? 0
    chunk.write(row: row, count: count, bytes: count * vectorBytes, fill)
    if known == nil { directory.replace(number, with: chunk) }
    chunkBytes.add(chunk.byteCount - before, ordering: .relaxed)
    rowTotal.add(1, ordering: .relaxed)
    byteTotal.add(count * vectorBytes, ordering: .relaxed)
  }

  /// What is there now. Cheap: one lock and one reference. Keeps the chunks it shows alive.
  public func view() -> MultiColumnView {
    MultiColumnView(codec: codec, rowShift: Self.rowShift, table: directory.snapshot())
  }

  /// Gives back the memory of the chunk that holds `offset`. Writer only, when all rows of the
  /// chunk are dead at the published sequence. Views taken before keep the chunk alive; to later
  /// ones its rows are absent.
  public func dropChunk(containing offset: UInt32) {
    let number = Int(offset) >> Self.rowShift
    guard let chunk = directory.chunk(number) else { return }
    directory.replace(number, with: nil)
    chunkBytes.subtract(chunk.byteCount, ordering: .relaxed)
    rowTotal.subtract(chunk.writtenRows, ordering: .relaxed)
    byteTotal.subtract(chunk.vectorBytes, ordering: .relaxed)
  }
}

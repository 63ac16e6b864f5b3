import Synchronization

/// The vectors of one name in a collection: rows of `dimension` numbers by dense offset.
///
/// Rows live in append-only chunks of about 1 MiB (a power of two of rows, aligned to 64 bytes),
/// allocated when the first of their rows is written. A row may be absent: not every point has
/// every vector.
///
/// One writer, many readers. The protocol, which the owner keeps:
///
/// 1. The writer calls ``write(_:at:)`` only for offsets at or above the row count of every view
///    that a reader holds or can still get.
/// 2. The row is complete before the writer publishes a higher row count (and commit sequence)
///    under a lock of the owner's.
/// 3. A reader takes row count, sequence and the views of column and visibility together under that
///    lock, and never touches a row at or above its row count.
/// 4. A chunk is dropped after the sequence at which its last row died was published.
///
/// So nothing that a reader can look at is ever changed in place, and rows need no atomics.
/// Offsets are used again only when the chunk was dropped, or every view with a higher row count
/// is gone.
public final class DenseColumn: Sendable {
  /// How rows are kept.
  public let codec: RowCodec
  let rowShift: Int
  let directory = ChunkDirectory<DenseChunk>()
  /// Rows that are in files; held while chunks come or go, so that a view shows every row in one
  /// place or the other.
  let filed = TraceableMutex<FiledRows?>(nil)
  /// Chunks that were dropped and are not in memory: files may still have their rows.
  let deadChunks = TraceableMutex<Set<Int>>([])
  let chunkBytes = Atomic<Int>(0)

  /// Where the next chunks of a large column lie. Writer only.
  private let region = TraceableMutex<RowRegion?>(nil)

  private static let chunkByteTarget = 1 << 20
  /// Chunks before the first that lies in a region: a small column shall not take a large page.
  private static let ownChunks = 16

  /// An empty column of rows of `dimension` numbers, at least one.
  public init(dimension: Int, element: ElementType = .float32) {
    codec = RowCodec(dimension: dimension, element: element)
    let rows = max(1, Self.chunkByteTarget / codec.rowBytes)
    self.rowShift = Int.bitWidth - 1 - rows.leadingZeroBitCount
  }

  /// Numbers a row.
  public var dimension: Int { codec.dimension }
  /// What the numbers are kept as.
  public var element: ElementType { codec.element }

  /// Bytes of a row, in memory and as ``write(encoded:at:)`` takes it.
  public var rowBytes: Int { codec.rowBytes }

  /// Rows a chunk, a power of two. Chunk `i` holds the offsets from `i * rowsPerChunk` on.
  public var rowsPerChunk: Int { 1 << rowShift }

  /// The memory reserved for the chunks that were not dropped, in bytes. The operating system
  /// commits the pages of a chunk as rows are written, so what is resident may be less; chunks
  /// that only a view keeps alive are not counted.
  public var residentBytes: Int { chunkBytes.load(ordering: .relaxed) }

  /// The memory that the rows below `rowCount` take in the chunks that were not dropped: numbers,
  /// and bits that tell which rows are present. Rows without a vector count as if they had one.
  public func memory(rowCount: UInt32) -> (rows: Int, presence: Int) {
    var rows = 0
    var chunkCount = 0
    for (number, chunk) in directory.snapshot().chunks.enumerated() where chunk != nil {
      rows += max(0, min(rowsPerChunk, Int(rowCount) - number << rowShift))
      chunkCount += 1
    }
    return (rows * rowBytes, chunkCount * ((rowsPerChunk + 63) / 64) * 8)
  }

  /// Writes a row of ``dimension`` numbers. Writer only; `offset` is not yet visible to any reader.
  /// Offsets may come in any order and leave gaps.
  public func write(_ vector: UnsafeBufferPointer<Float>, at offset: UInt32) {
    precondition(vector.count == dimension, "a vector of another dimension")
    write(at: offset) { codec.encode(vector, into: $0) }
  }

  /// Writes a row of ``rowBytes`` bytes as they are kept. Writer only; see ``write(_:at:)``.
  public func write(encoded row: UnsafeRawBufferPointer, at offset: UInt32) {
    precondition(row.count == rowBytes, "a vector of another dimension")
    write(at: offset) { memory in
      if let first = row.baseAddress { memory.copyMemory(from: first, byteCount: row.count) }
    }
  }

  private func write(at offset: UInt32, _ fill: (UnsafeMutableRawPointer) -> Void) {
    let number = Int(offset) >> rowShift
    let row = Int(offset) & (rowsPerChunk - 1)
    if let chunk = directory.chunk(number) {
      chunk.write(row: row, fill)
      return
    }
    let chunk = makeChunk(number)
    chunk.write(row: row, fill)
    filed.withLock { _ in directory.replace(number, with: chunk) }
    chunkBytes.add(chunk.byteCount, ordering: .relaxed)
  }

  func makeChunk(_ number: Int) -> DenseChunk {
    let chunkBytes = rowsPerChunk * rowBytes
    guard number >= Self.ownChunks, chunkBytes <= RowRegion.byteCount / 4 else {
      return DenseChunk(rowCount: rowsPerChunk, rowBytes: rowBytes)
    }
    return region.withLock { region in
      if let region, region.hasRoom(for: chunkBytes) {
        return DenseChunk(rowCount: rowsPerChunk, rowBytes: rowBytes, region: region)
      }
      let next = RowRegion()
      region = next
      return DenseChunk(rowCount: rowsPerChunk, rowBytes: rowBytes, region: next)
    }
  }

  /// What is there now. Cheap: one lock and one reference. Keeps the chunks it shows alive.
  public func view() -> DenseColumnView {
    filed.withLock { filed in
      DenseColumnView(
        codec: codec, rowShift: rowShift, table: directory.snapshot(), filed: filed)
    }
  }

  /// Gives back the memory of the chunk that holds `offset`. Writer only, when all rows of the
  /// chunk are dead at the published sequence. Views taken before keep the chunk
  /// alive; to later ones its rows are absent.
  public func dropChunk(containing offset: UInt32) {
    let number = Int(offset) >> rowShift
    guard let chunk = directory.chunk(number) else {
      return deadChunks.withLock { _ = $0.insert(number) }
    }
    filed.withLock { _ in directory.replace(number, with: nil) }
    chunkBytes.subtract(chunk.byteCount, ordering: .relaxed)
  }
}

import Synchronization

/// The sparse vectors of one name in a collection: rows of weights by ascending index, by dense
/// offset.
///
/// Rows differ in length and lie one after the other in the memory of their chunk, 4,096 rows a
/// chunk. A row may be absent, and one without elements is not.
///
/// One writer, many readers, by the protocol of ``DenseColumn``.
public final class SparseColumn: Sendable {
  private let directory = ChunkDirectory<SparseChunk>()
  private let chunkBytes = Atomic<Int>(0)
  private let rowsEver = Atomic<Int>(0)
  private let elementsEver = Atomic<Int>(0)
  private let keeping: Atomic<UInt8>
  private let bytesByChunk = TraceableMutex<[Int: Int]>([:])

  /// Rows a chunk, a power of two. Chunk `i` holds the offsets from `i * rowsPerChunk` on.
  public static let rowsPerChunk = SparseChunk.rowCount
  /// What the first row of a chunk takes beside itself, in bytes.
  public static let firstRowBytes = SparseChunk.emptyBytes + SparseChunk.firstSlabBytes

  /// What weights may be kept as, in the order of their numbers.
  private static let elements: [ElementType] = [.float32, .float16, .uint8]

  /// An empty column.
  ///
  /// - Parameter element: what weights are kept as: `float32`, `float16`, or `uint8`, which are
  ///   steps from the least to the greatest weight of a row.
  public init(keeping element: ElementType = .float32) {
    keeping = Atomic(Self.number(of: element))
  }

  private static func number(of element: ElementType) -> UInt8 {
    guard let number = elements.firstIndex(of: element) else {
      preconditionFailure("no form of sparse weights")
    }
    return UInt8(number)
  }

  /// What the weights of rows to come are kept as; those that are there stay as they are.
  public var element: ElementType {
    get { Self.elements[Int(keeping.load(ordering: .relaxed))] }
    set { keeping.store(Self.number(of: newValue), ordering: .relaxed) }
  }

  /// The most that a row of so many elements takes, in bytes.
  public func greatestRowBytes(elements: Int) -> Int {
    SparseRowForm.greatestByteCount(elements, keeping: element)
  }

  /// The memory of the chunks that were not dropped, in bytes; chunks that only a view keeps alive
  /// are not counted.
  public var residentBytes: Int { chunkBytes.load(ordering: .relaxed) }

  /// The memory of chunks that are not dropped: of rows, and of the tables that tell where they
  /// are.
  public var memory: (rows: Int, tables: Int) {
    let chunks = bytesByChunk.withLock { $0.count }
    let tables = chunks * SparseChunk.emptyBytes
    return (residentBytes - tables, tables)
  }

  /// Rows that were ever written.
  public var writtenRows: Int { rowsEver.load(ordering: .relaxed) }

  /// Elements of all of those.
  public var writtenElements: Int { elementsEver.load(ordering: .relaxed) }

  /// How many of the rows below `rowCount` are in chunks that were not dropped, with those that
  /// have no vector.
  public func keptRows(below rowCount: UInt32) -> Int {
    bytesByChunk.withLock { chunks in
      chunks.keys.reduce(0) { sum, number in
        sum + max(0, min(Self.rowsPerChunk, Int(rowCount) - number << SparseChunk.rowShift))
      }
    }
  }

  /// Writes a row. Writer only; `offset` is not yet visible to any reader. Offsets may come in any
  /// order and leave gaps.
  ///
  /// - Parameters:
  ///   - indices: ascending, none twice.
  ///   - weights: one an index.
  public func write(
    indices: UnsafeBufferPointer<UInt32>, weights: UnsafeBufferPointer<Float>, at offset: UInt32
  ) {
    precondition(indices.count == weights.count, "a weight for every index")
    guard let indices = UnsafeRawPointer(indices.baseAddress),
      let first = UnsafeRawPointer(weights.baseAddress)
    else { return write(count: 0, indices: nil, weights: nil, at: offset) }
    write(count: weights.count, indices: indices, weights: first, at: offset)
  }

  /// Writes a row as it is stored: the number of elements, a little-endian `UInt32`, then their
  /// indices, ascending and none twice, then their weights. Writer only.
  public func write(encoded row: UnsafeRawBufferPointer, at offset: UInt32) {
    let count = row.count < 4 ? -1 : Int(row.loadUnaligned(as: UInt32.self))
    precondition(row.count == 4 + 8 * count, "a row of another length")
    guard let first = row.baseAddress else { return }
    write(count: count, indices: first + 4, weights: first + 4 + 4 * count, at: offset)
  }

  private func write(
    count: Int, indices: UnsafeRawPointer?, weights: UnsafeRawPointer?, at offset: UInt32
  ) {
    let form = SparseRowForm(count: count, keeping: element) { element in
      weights?.loadUnaligned(fromByteOffset: 4 * element, as: Float.self) ?? 0
    }
    write(byteCount: form.byteCount, elements: count, at: offset) { memory in
      guard let indices, let weights else {
        return memory.storeBytes(of: 0, as: UInt32.self)
      }
      form.write(indices: indices, weights: weights, to: memory)
    }
  }

  private func write(
    byteCount: Int, elements: Int, at offset: UInt32, _ fill: (UnsafeMutableRawPointer) -> Void
  ) {
    let number = Int(offset) >> SparseChunk.rowShift
    let row = Int(offset) & (SparseChunk.rowCount - 1)
    var added = 0
    if let chunk = directory.chunk(number) {
      added = chunk.write(row: row, byteCount: byteCount, fill)
    } else {
      let chunk = SparseChunk()
      added = SparseChunk.emptyBytes + chunk.write(row: row, byteCount: byteCount, fill)
      directory.replace(number, with: chunk)
    }
    rowsEver.add(1, ordering: .relaxed)
    elementsEver.add(elements, ordering: .relaxed)
    guard added > 0 else { return }
    let bytes = added
    bytesByChunk.withLock { $0[number, default: 0] += bytes }
    chunkBytes.add(bytes, ordering: .relaxed)
  }

  /// What is there now. Cheap: one lock and one reference. Keeps the chunks it shows alive.
  public func view() -> SparseColumnView {
    SparseColumnView(table: directory.snapshot())
  }

  /// Gives back the memory of the chunk that holds `offset`. Writer only, when all rows of the
  /// chunk are dead at the published sequence. Views taken before keep the chunk alive; to later
  /// ones its rows are absent.
  public func dropChunk(containing offset: UInt32) {
    let number = Int(offset) >> SparseChunk.rowShift
    directory.replace(number, with: nil)
    let bytes = bytesByChunk.withLock { $0.removeValue(forKey: number) ?? 0 }
    chunkBytes.subtract(bytes, ordering: .relaxed)
  }
}

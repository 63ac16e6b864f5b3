import CVectorKernels

/// The vectors of a fixed number of rows: for each row how many there are and where, and the memory
/// that they lie in, which grows piece by piece.
///
/// SAFETY: `entries` is set once and freed in `deinit`, with all pieces, when no reference is left.
/// An entry and the bytes it leads to are written by the one writer only while no reader may look
/// at that row (see ``DenseColumn``); entries share no words, so nothing here has to be atomic. The
/// list of pieces is the writer's alone.
final class MultiChunk: AddressableChunk, @unchecked Sendable {
  private static let firstPieceBytes = 4 << 10
  private static let pieceBytesMax = 2 << 20

  private let rowCount: Int
  private let entries: UnsafeMutablePointer<MultiEntry>
  private var pieces: [UnsafeMutableRawPointer] = []
  private var pieceBytes = 0
  private var pieceUsed = 0
  /// Memory of all pieces and of the entries.
  private(set) var byteCount: Int
  /// Rows that were written, and the bytes of their vectors.
  private(set) var writtenRows = 0
  private(set) var vectorBytes = 0

  init(rowCount: Int) {
    self.rowCount = rowCount
    entries = .allocate(capacity: rowCount)
    entries.initialize(repeating: MultiEntry(), count: rowCount)
    byteCount = rowCount * MemoryLayout<MultiEntry>.stride
  }

  deinit {
    entries.deallocate()
    for piece in pieces { vk_free(piece) }
  }

  var addresses: MultiAddresses { MultiAddresses(entries: UnsafePointer(entries)) }

  /// Gives the row `count` vectors of `bytes` bytes in all, which `fill` writes. Writer only.
  func write(row: Int, count: Int, bytes: Int, _ fill: (UnsafeMutableRawPointer) -> Void) {
    precondition(row < rowCount && count > 0, "a row that doesn't fit its chunk")
    // Whole cache lines: kernels read rows of floats.
    let room = (bytes + 63) & ~63
    if pieces.isEmpty || pieceUsed + room > pieceBytes { addPiece(atLeast: room) }
    guard let piece = pieces.last else { return }
    let memory = piece + pieceUsed
    pieceUsed += room
    writtenRows += 1
    vectorBytes += bytes
    fill(memory)
    entries[row] = MultiEntry(vectors: UnsafeRawPointer(memory), count: count)
  }

  private func addPiece(atLeast bytes: Int) {
    pieceBytes = max(bytes, min(Self.pieceBytesMax, max(Self.firstPieceBytes, 2 * pieceBytes)))
    // Rows are read in any order: of large pages few are needed to find them.
    let memory =
      pieceBytes < Self.pieceBytesMax
      ? vk_allocate_zeroed(pieceBytes) : vk_allocate_huge(pieceBytes)
    guard let memory else { preconditionFailure("out of memory") }
    pieces.append(memory)
    pieceUsed = 0
    byteCount += pieceBytes
  }
}

/// What there is of one row.
struct MultiEntry {
  /// The vectors, one after the other; `nil` if the row is absent.
  var vectors: UnsafeRawPointer?
  var count = 0
}

/// Where the rows of a ``MultiChunk`` are, valid while it lives.
struct MultiAddresses {
  let entries: UnsafePointer<MultiEntry>
}

import Synchronization

/// When each row of a collection was born and when it died, as commit numbers: 16 bytes a row.
///
/// An overwrite is a death and a birth at a new offset, so a row has one life and a reader at
/// sequence `S` sees it if and only if `born <= S < died`.
///
/// One writer, many readers. Deaths may be recorded while readers look, because they lie at
/// sequences that no reader has yet; births follow the protocol of ``DenseColumn``.
public final class VisibilityTable: Sendable {
  private let directory = ChunkDirectory<VisibilityChunk>()

  /// Rows a chunk of the table.
  public static let rowsPerChunk = VisibilityChunk.rowCount

  /// A table without rows.
  public init() {}

  /// Records that the row at `offset` is born at the commit `born`. Writer only.
  public func insert(_ offset: UInt32, born: UInt64) {
    let number = Int(offset) >> VisibilityChunk.rowShift
    let row = Int(offset) & (VisibilityChunk.rowCount - 1)
    if let chunk = directory.chunk(number) {
      chunk.setBorn(born, row: row)
      return
    }
    let chunk = VisibilityChunk()
    chunk.setBorn(born, row: row)
    directory.replace(number, with: chunk)
  }

  /// Records that the row at `offset` dies at the commit `died`, the first that does not see it.
  /// Writer only. Does nothing if the row was never born or is dead already.
  public func remove(_ offset: UInt32, died: UInt64) {
    let row = Int(offset) & (VisibilityChunk.rowCount - 1)
    guard let chunk = directory.chunk(Int(offset) >> VisibilityChunk.rowShift),
      chunk.died(row: row) == .max
    else { return }
    chunk.setDied(died, row: row)
  }

  /// What a reader at `sequence` sees of the offsets below `rowCount`, which belong together as the
  /// owner publishes them. Cheap: one lock and one reference.
  public func view(at sequence: UInt64, rowCount: UInt32) -> VisibilityView {
    VisibilityView(sequence: sequence, rowCount: rowCount, table: directory.snapshot())
  }

  /// The memory of the table, in bytes: 16 for each row of a chunk of 4,096.
  public var residentBytes: Int {
    directory.snapshot().chunks.reduce(0) { $0 + ($1 == nil ? 0 : 16 * VisibilityChunk.rowCount) }
  }

  /// Gives back the memory for the 4,096 rows around `offset`. Writer only, when all of them are
  /// dead at the published sequence. Later views see none of them.
  public func dropChunk(containing offset: UInt32) {
    directory.replace(Int(offset) >> VisibilityChunk.rowShift, with: nil)
  }
}

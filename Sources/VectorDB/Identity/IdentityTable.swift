import PointModel
import VectorIndex

/// The point that a row is.
struct RowIdentity: Equatable {
  var id: PointID
  /// The operation that last changed the point.
  var version: UInt64
}

/// Which point each row of a collection is, in memory: 24 bytes a row. Searches name what they have
/// found by it, without a look at the store.
///
/// One writer, many readers, by the protocol of ``DenseColumn``. A row keeps its id; a change of
/// its payload alone gives it another version, which is recorded as an amendment.
final class IdentityTable: Sendable {
  private let directory = ChunkDirectory<IdentityChunk>()

  /// Rows a chunk of the table: those of a chunk of births and deaths, so that both go together.
  static let rowsPerChunk = IdentityChunk.rowCount

  /// Records what the row at `offset` is. Writer only; no reader can see the row yet.
  func insert(_ offset: UInt32, _ identity: RowIdentity) {
    let (number, row) = Self.place(of: offset)
    if let chunk = directory.chunk(number) {
      chunk.addresses.insert(identity, row: row)
      return
    }
    let chunk = IdentityChunk()
    chunk.addresses.insert(identity, row: row)
    directory.replace(number, with: chunk)
  }

  /// Records that commit `sequence`, which is not published yet, gives the row at `offset` another
  /// version. Writer only.
  func amend(_ offset: UInt32, version: UInt64, sequence: UInt64) {
    let (number, row) = Self.place(of: offset)
    directory.chunk(number)?.addresses.amend(row: row, version: version, sequence: sequence)
  }

  /// What is there now; keeps the chunks it shows alive.
  func view() -> IdentityView { IdentityView(table: directory.snapshot()) }

  /// Gives back the memory for the rows around `offset`. Writer only, when all of them are dead at
  /// the published sequence.
  func dropChunk(containing offset: UInt32) {
    directory.replace(Self.place(of: offset).number, with: nil)
  }

  /// The memory of the table, in bytes.
  var residentBytes: Int {
    let chunks = directory.snapshot().chunks.count { $0 != nil }
    return chunks * IdentityChunk.rowCount * IdentityAddresses.bytesPerRow
  }

  fileprivate static func place(of offset: UInt32) -> (number: Int, row: Int) {
    let (number, row) = Int(offset).quotientAndRemainder(dividingBy: IdentityChunk.rowCount)
    return (number, row)
  }
}

/// Which point each row is, for one reader. Cheap to copy.
struct IdentityView: Sendable {
  private let table: ChunkTable<IdentityChunk>

  fileprivate init(table: ChunkTable<IdentityChunk>) {
    self.table = table
  }

  /// What the row at `offset` is at commit `sequence`, where the reader sees it; `nil` when only
  /// the store knows, because a later commit has changed rows near it.
  func identity(of offset: UInt32, at sequence: UInt64) -> RowIdentity? {
    let (number, row) = IdentityTable.place(of: offset)
    return withExtendedLifetime(table) {
      table.addresses(of: number)?.identity(row: row, at: sequence)
    }
  }

  /// The id of the row at `offset`, which the reader sees. A row keeps its id.
  func id(of offset: UInt32) -> PointID? {
    identity(of: offset, at: .max)?.id
  }
}

import PointModel
import Synchronization
import VectorIndex

/// The identities of a fixed number of rows.
///
/// SAFETY: `addresses` is set once, and what it leads to freed in `deinit`, when no reference is
/// left; everything there is atomic.
final class IdentityChunk: AddressableChunk, @unchecked Sendable {
  static let rowCount = VisibilityTable.rowsPerChunk

  let addresses: IdentityAddresses

  init() { addresses = IdentityAddresses(rowCount: Self.rowCount) }

  deinit { addresses.deallocate(rowCount: Self.rowCount) }
}

/// Where the identities of an ``IdentityChunk`` are, valid while it lives.
struct IdentityAddresses {
  // A row has three cells: the halves of its id (a number is the second), and its version, whose
  // highest bit says that the id is a UUID. Versions count operations and never get there.
  private let cells: UnsafeMutablePointer<Atomic<UInt64>>
  // The last commit that changed the version of any of the rows.
  private let latestAmendment: UnsafeMutablePointer<Atomic<UInt64>>

  static let bytesPerRow = cellsPerRow * MemoryLayout<UInt64>.stride
  private static let cellsPerRow = 3
  private static let uuidBit: UInt64 = 1 << 63

  init(rowCount: Int) {
    cells = .allocate(capacity: Self.cellsPerRow * rowCount)
    for cell in 0..<Self.cellsPerRow * rowCount { (cells + cell).initialize(to: Atomic(0)) }
    latestAmendment = .allocate(capacity: 1)
    latestAmendment.initialize(to: Atomic(0))
  }

  func deallocate(rowCount: Int) {
    cells.deinitialize(count: Self.cellsPerRow * rowCount)
    cells.deallocate()
    latestAmendment.deinitialize(count: 1)
    latestAmendment.deallocate()
  }

  func insert(_ identity: RowIdentity, row: Int) {
    let first = cells + row * Self.cellsPerRow
    var tag: UInt64 = 0
    switch identity.id {
    case .number(let number):
      first[1].store(number, ordering: .relaxed)
    case .uuid(let uuid):
      first[0].store(uuid.high, ordering: .relaxed)
      first[1].store(uuid.low, ordering: .relaxed)
      tag = Self.uuidBit
    }
    first[2].store(tag | identity.version & ~Self.uuidBit, ordering: .releasing)
  }

  func amend(row: Int, version: UInt64, sequence: UInt64) {
    // A reader that gets the new version also learns that it may be too new for it.
    latestAmendment.pointee.store(sequence, ordering: .releasing)
    let cell = cells + (row * Self.cellsPerRow + 2)
    let tag = cell.pointee.load(ordering: .relaxed) & Self.uuidBit
    cell.pointee.store(tag | version & ~Self.uuidBit, ordering: .releasing)
  }

  func identity(row: Int, at sequence: UInt64) -> RowIdentity? {
    let first = cells + row * Self.cellsPerRow
    let version = first[2].load(ordering: .acquiring)
    guard latestAmendment.pointee.load(ordering: .acquiring) <= sequence else { return nil }
    let low = first[1].load(ordering: .relaxed)
    let id: PointID =
      version & Self.uuidBit == 0
      ? .number(low)
      : .uuid(PointUUID(high: first[0].load(ordering: .relaxed), low: low))
    return RowIdentity(id: id, version: version & ~Self.uuidBit)
  }
}

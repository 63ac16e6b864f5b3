import Synchronization

/// Born and died commit numbers of a fixed number of rows.
///
/// SAFETY: `cells` is set once and freed in `deinit`, when no reference is left; everything in it
/// is atomic.
final class VisibilityChunk: @unchecked Sendable {
  static let rowShift = 12
  static let rowCount = 1 << rowShift

  // Born at 2 × row, died at 2 × row + 1: one cache line answers for a row. Zeros mean "never
  // born", because no sequence is lower than a died of 0.
  private let cells: UnsafeMutablePointer<Atomic<UInt64>>

  init() {
    cells = .allocate(capacity: 2 * Self.rowCount)
    for cell in 0..<2 * Self.rowCount {
      (cells + cell).initialize(to: Atomic(0))
    }
  }

  deinit {
    cells.deinitialize(count: 2 * Self.rowCount)
    cells.deallocate()
  }

  func setBorn(_ born: UInt64, row: Int) {
    cells[2 * row].store(born, ordering: .relaxed)
    // A reader that sees the row alive also sees when it was born.
    cells[2 * row + 1].store(.max, ordering: .releasing)
  }

  func setDied(_ died: UInt64, row: Int) {
    cells[2 * row + 1].store(died, ordering: .releasing)
  }

  func died(row: Int) -> UInt64 {
    cells[2 * row + 1].load(ordering: .acquiring)
  }

  func isVisible(row: Int, at sequence: UInt64) -> Bool {
    sequence < died(row: row) && cells[2 * row].load(ordering: .relaxed) <= sequence
  }
}

import Synchronization

/// Born and died commit numbers of a fixed number of rows.
///
/// SAFETY: `addresses` is set once, and what it leads to freed in `deinit`, when no reference is
/// left; everything there is atomic.
final class VisibilityChunk: AddressableChunk, @unchecked Sendable {
  static let rowShift = 12
  static let rowCount = 1 << rowShift

  let addresses: VisibilityAddresses

  init() { addresses = VisibilityAddresses(rowCount: Self.rowCount) }

  deinit { addresses.deallocate(rowCount: Self.rowCount) }

  func setBorn(_ born: UInt64, row: Int) { addresses.setBorn(born, row: row) }

  func setDied(_ died: UInt64, row: Int) { addresses.setDied(died, row: row) }

  func died(row: Int) -> UInt64 { addresses.died(row: row) }
}

/// Where the numbers of a ``VisibilityChunk`` are, valid while it lives.
struct VisibilityAddresses {
  // Born at 2 × row, died at 2 × row + 1: one cache line answers for a row. Zeros mean "never
  // born", because no sequence is lower than a died of 0.
  private let cells: UnsafeMutablePointer<Atomic<UInt64>>
  // A bit for every row: whether its cells have to be looked at, because it was not born or has
  // died. Nearly all of the rows that readers ask for are neither, and 64 of them share a word.
  private let uncertain: UnsafeMutablePointer<Atomic<UInt64>>
  private let summary: UnsafeMutablePointer<Summary>

  /// What is known of all rows together, in one cache line.
  private struct Summary: ~Copyable {
    let latestBirth = Atomic<UInt64>(0)
    /// How many deaths were recorded.
    let deathCount = Atomic<Int>(0)
    /// How many bits of `uncertain` are set.
    let uncertainCount: Atomic<Int>

    init(rowCount: Int) { uncertainCount = Atomic(rowCount) }
  }

  init(rowCount: Int) {
    cells = .allocate(capacity: 2 * rowCount)
    for cell in 0..<2 * rowCount {
      (cells + cell).initialize(to: Atomic(0))
    }
    uncertain = .allocate(capacity: rowCount / 64)
    for word in 0..<rowCount / 64 {
      (uncertain + word).initialize(to: Atomic(.max))
    }
    summary = .allocate(capacity: 1)
    summary.initialize(to: Summary(rowCount: rowCount))
  }

  func deallocate(rowCount: Int) {
    cells.deinitialize(count: 2 * rowCount)
    cells.deallocate()
    uncertain.deinitialize(count: rowCount / 64)
    uncertain.deallocate()
    summary.deinitialize(count: 1)
    summary.deallocate()
  }

  func setBorn(_ born: UInt64, row: Int) {
    cells[2 * row].store(born, ordering: .relaxed)
    // A reader that sees the row alive also sees when it was born.
    cells[2 * row + 1].store(.max, ordering: .releasing)
    if born > summary.pointee.latestBirth.load(ordering: .relaxed) {
      summary.pointee.latestBirth.store(born, ordering: .releasing)
    }
    setUncertain(false, row: row)
  }

  func setDied(_ died: UInt64, row: Int) {
    setUncertain(true, row: row)
    cells[2 * row + 1].store(died, ordering: .releasing)
    summary.pointee.deathCount.add(1, ordering: .releasing)
  }

  /// Deaths that were recorded so far, of any commit.
  var deaths: Int { summary.pointee.deathCount.load(ordering: .acquiring) }

  /// Whether the row died after `sequence`.
  func diesLater(row: Int, than sequence: UInt64) -> Bool {
    let died = died(row: row)
    return died != .max && died > sequence
  }

  /// There is one writer, so reading and writing the word need not be one step.
  private func setUncertain(_ isUncertain: Bool, row: Int) {
    let word = uncertain + (row >> 6)
    let bit: UInt64 = 1 << UInt64(row & 63)
    let bits = word.pointee.load(ordering: .relaxed)
    guard (bits & bit != 0) != isUncertain else { return }
    // A row that has died counts before its bit and its death are there, one that was born after.
    if isUncertain { summary.pointee.uncertainCount.add(1, ordering: .releasing) }
    word.pointee.store(isUncertain ? bits | bit : bits & ~bit, ordering: .releasing)
    if !isUncertain { summary.pointee.uncertainCount.subtract(1, ordering: .releasing) }
  }

  func born(row: Int) -> UInt64 {
    cells[2 * row].load(ordering: .relaxed)
  }

  func died(row: Int) -> UInt64 {
    cells[2 * row + 1].load(ordering: .acquiring)
  }

  func isVisible(row: Int, at sequence: UInt64) -> Bool {
    // Nearly all chunks are full of rows that live: a line for each of those answers.
    let isCertain =
      summary.pointee.uncertainCount.load(ordering: .acquiring) == 0
      || uncertain[row >> 6].load(ordering: .acquiring) & (1 << UInt64(row & 63)) == 0
    if isCertain, summary.pointee.latestBirth.load(ordering: .acquiring) <= sequence {
      return true
    }
    return areCellsVisible(row: row, at: sequence)
  }

  private func areCellsVisible(row: Int, at sequence: UInt64) -> Bool {
    sequence < died(row: row) && cells[2 * row].load(ordering: .relaxed) <= sequence
  }
}

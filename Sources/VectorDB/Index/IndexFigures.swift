/// What is known of one vector of a collection, and what is due for it then.
///
/// Like is compared with like: rows may lack a vector, so it is vectors that an index has grown by.
package struct IndexFigures: Sendable {
  /// Whether there is an index.
  package var hasIndex = false
  /// Whether there is none although the collection has grown to need one.
  package var isFirstDue = false
  /// Vectors that live rows have.
  package var vectors = 0
  /// Vectors that there were when the index was built.
  package var builtVectors = 0
  /// The number of lists that is configured, and the one that the index was built with.
  package var lists: (wanted: Int?, built: Int?) = (nil, nil)
  /// When a build was put off for want of memory, in milliseconds.
  package var refusedAt: UInt64?
  /// Rows that have yet to be entered in lists.
  package var tailRows = 0
  /// Rows that the index holds, or lists that the field makes by itself.
  package var coveredRows: UInt32 = 0
  /// Those of them that are saved.
  package var savedRows: UInt32 = 0
  /// Live rows of the collection.
  package var live = 0
  /// Rows that came and that went.
  package var changes: UInt64 = 0
  /// How many had when the lists were gone through last.
  package var upkeepChanges: UInt64 = 0
  /// When that was, or the index was built, in milliseconds; `nil` if not since it was loaded.
  package var upkeepAt: UInt64?
  /// When the index was built or calibrated, in milliseconds; `nil` if not since it was loaded.
  package var calibratedAt: UInt64?

  /// Nothing is known.
  package init() {}

  /// Growth that asks for a new index at once, and when all is quiet.
  private static let growthMax = 4.0
  private static let quietGrowthMax = 1.5
  /// Milliseconds between two tries to build an index for which there was no memory.
  private static let retryMilliseconds: UInt64 = 10_000
  /// Rows of a tail from which on it is entered at once; fewer wait for more.
  package static let tailRowsWorthAnInsert = 64

  /// Vectors now for each that the index was built from.
  private var growth: Double { Double(vectors) / Double(max(1, builtVectors)) }

  /// Whether a build that was put off has to wait on.
  package func isPutOff(at now: UInt64) -> Bool {
    refusedAt.map { now < $0 + Self.retryMilliseconds } ?? false
  }

  /// Whether an index is to be built now.
  package func wantsBuild(at now: UInt64) -> Bool {
    (hasIndex ? growth >= Self.growthMax : isFirstDue) && !isPutOff(at: now)
  }

  /// Whether one is to be built in the place of this one while nothing else happens.
  package func wantsRebuild(at now: UInt64) -> Bool {
    guard hasIndex, !isPutOff(at: now) else { return false }
    return growth >= Self.quietGrowthMax || lists.wanted != lists.built
      || growth > 0 && growth <= 1 / Self.growthMax
  }

  /// Whether what could not be entered meanwhile is worth another turn at once.
  package var wantsTurn: Bool { tailRows > Self.tailRowsWorthAnInsert || isFirstDue }

  /// Milliseconds between two rounds through the lists while rows come.
  private static let upkeepMilliseconds: UInt64 = 10_000

  /// Whether a hundredth of the rows came or went since the lists were gone through and rows come
  /// no more; or a twentieth, and that was a while ago: while they come fast, an index is built
  /// anew before lists that were split have paid for it.
  package func isUpkeepDue(at now: UInt64, isQuiet: Bool) -> Bool {
    guard hasIndex, changes >= upkeepChanges else { return false }
    let changed = changes - upkeepChanges
    if isQuiet { return changed >= UInt64(max(1000, live / 100)) }
    return changed >= UInt64(max(1000, live / 20))
      && upkeepAt.map { now >= $0 + Self.upkeepMilliseconds } ?? true
  }

  /// Milliseconds between two calibrations while rows come.
  private static let calibrationMilliseconds: UInt64 = 30_000

  /// Whether an old calibration is worth another one: while rows come fast, the next would be as
  /// old in a moment.
  package func mayRenewCalibration(at now: UInt64, isQuiet: Bool) -> Bool {
    isQuiet || calibratedAt.map { now >= $0 + Self.calibrationMilliseconds } ?? true
  }

  static let rowsWorthSaving = 2000
  /// Rows have several vectors each where a field makes lists by itself.
  private static let listedRowsWorthSaving = 500

  /// Whether so much is new that it is saved: an index that was built anew (`rows` is 0) whatever
  /// it holds, others once they have grown by so many rows.
  package func isWorthSaving(atLeast rows: Int) -> Bool {
    let fresh = Int(coveredRows) - Int(savedRows)
    let least = hasIndex ? rows : rows * Self.listedRowsWorthSaving / Self.rowsWorthSaving
    return fresh > 0 && fresh > (rows == 0 ? 0 : max(least, Int(savedRows) / 5))
  }
}
